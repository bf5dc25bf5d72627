import { Aggregate } from '../../kernel/aggregate.js';
import {
  RefundAttentionRaised,
  RefundCanceled,
  RefundDiscovered,
  RefundFailed,
  RefundPending,
  RefundRequested,
  RefundResolved,
  RefundSucceeded,
} from '../contract/events.js';
import { type RefundInstruction, type RefundOutcome } from './payment-gateway.js';
import { cancelable, checkable, enforce, isKeyOver, isStuck, resolvable, retryable } from './refund.rules.js';
import {
  type Actor,
  mayBecome,
  type RefundAction,
  type RefundAttention,
  type RefundDiscovery,
  type RefundGrounds,
  type RefundSource,
  type RefundState,
  untouched,
} from './refund.state.js';

/** A gateway that fails under one key after the other isn't asked for ever: then a person must look. */
const MAX_RENEWALS = 3;

export class Refund extends Aggregate<RefundState> {
  readonly streamType = 'refund';

  static request({ amount, ...source }: RefundSource, grounds: RefundGrounds): Refund {
    const { refundId: id, reason, cancellationId, actor, requestedAt } = grounds;
    const origin = { ...source, ...amount, id, reason, cancellationId: cancellationId ?? null };
    const refund = new Refund({ ...untouched, ...origin, requestedAt, changedAt: requestedAt });
    if (actor) refund.note({ action: 'request', ...actor }, requestedAt);
    refund.ask({}, requestedAt);
    return refund;
  }

  /** The gateway has it, and will tell what becomes of it; nobody asks for it. */
  static discover({ amount, ...source }: RefundSource, discovery: RefundDiscovery): Refund {
    const { refundId: id, gatewayRefundId, discoveredAt } = discovery;
    const origin = { ...source, ...amount, id, gatewayRefundId, reason: 'gateway', cancellationId: null } as const;
    const times = { requestedAt: discoveredAt, changedAt: discoveredAt };
    const refund = new Refund({ ...untouched, ...origin, status: 'processing', ...times });
    refund.apply(new RefundDiscovered({ ...refund.facts, gatewayRefundId, discoveredAt }));
    return refund;
  }

  static from(state: RefundState): Refund {
    return new Refund(state);
  }

  get streamId(): string {
    return this.state.id;
  }

  get instruction(): RefundInstruction {
    const { id: refundId, generation, gateway, gatewayPaymentId, gatewayRefundId, amount, currency } = this.state;
    const names = { gateway, gatewayPaymentId, gatewayRefundId: gatewayRefundId ?? undefined };
    return {
      refundId,
      generation,
      idempotencyKey: `${refundId}.${generation}`,
      ...names,
      amount: { amount, currency },
    };
  }

  /**
   * What to ask the gateway for, for the first time or again; undefined when this generation is over. When its key is,
   * only a look-up can tell.
   */
  begin(generation: number, now: Date): RefundInstruction | 'look_up' | undefined {
    if (generation !== this.state.generation) return undefined;
    if (this.state.status === 'requested') this.change({ status: 'processing', askedAt: now, changedAt: now });
    if (this.state.status !== 'processing') return undefined;
    return isKeyOver(this.state, now) ? 'look_up' : this.instruction;
  }

  /** What the gateway says of this refund. Its reports may arrive late, twice and out of order. */
  record(generation: number, outcome: RefundOutcome, now: Date): void {
    if (generation !== this.state.generation) return;
    if (outcome.status === 'due_by_hand') return this.raise('manual_refund_due', now);
    if (outcome.status === 'pending' && isStuck(this.state, now)) return this.raise('stuck_pending', now);
    if (outcome.status === 'not_refunded') return this.renew(now);
    if (outcome.status === 'succeeded' && this.state.status === 'resolved') return this.differ('refunded_twice', now);
    if (mayBecome(this.state.status, outcome.status)) this.become(outcome, now);
  }

  /** Nobody asks the gateway any more by itself. What it has done, it may still tell. */
  giveUp(generation: number, attention: RefundAttention, now: Date): void {
    const { generation: current, status } = this.state;
    if (generation === current && (status === 'requested' || status === 'processing')) this.raise(attention, now);
  }

  /** After a definite "no" with a new key; else with the same one, under which nothing can be refunded twice. */
  retry(actor: Actor, now: Date): void {
    enforce(this.state, retryable);
    this.note({ action: 'retry', ...actor }, now);
    if (this.state.status === 'failed') return this.ask({ ...this.nextKey, renewals: 0 }, now);
    this.ask({ renewals: 0 }, now);
  }

  /** A look-up at the gateway follows. */
  check(actor: Actor, now: Date): void {
    enforce(this.state, checkable);
    this.note({ action: 'check', ...actor }, now);
  }

  /** The customer got the money in another way; `reference` finds that payment. */
  resolve(reference: string, actor: Actor, now: Date): void {
    enforce(this.state, resolvable);
    this.note({ action: 'resolve', ...actor, reference }, now);
    const event = new RefundResolved({ ...this.facts, reference, resolvedAt: now });
    this.change({ status: 'resolved', attention: null, changedAt: now }, event);
  }

  /** The customer does not get the money. */
  cancel(actor: Actor, now: Date): void {
    enforce(this.state, cancelable);
    this.end({ action: 'cancel', ...actor }, now);
  }

  /** The customer got the money, or a part of it, by a refund in the gateway's dashboard. */
  replace(gatewayRefundId: string, now: Date): void {
    enforce(this.state, cancelable);
    this.end({ action: 'replace', by: 'system', note: null, reference: gatewayRefundId }, now);
  }

  /** The gateway's books and ours don't agree. Said once: the code stays when a person has looked. */
  differ(code: 'refunded_twice' | 'missing_at_gateway', now: Date): void {
    if (this.state.failureCode === code) return;
    this.change({ failureCode: code });
    this.raise('differs_from_gateway', now);
  }

  private end(action: Omit<RefundAction, 'at'>, now: Date): void {
    this.note(action, now);
    const event = new RefundCanceled({ ...this.facts, canceledAt: now });
    this.change({ status: 'canceled', attention: null, changedAt: now }, event);
  }

  private become(outcome: Extract<RefundOutcome, { status: 'pending' | 'succeeded' | 'failed' }>, now: Date): void {
    if (outcome.status === 'failed') {
      return this.fail(outcome.code, this.state.status === 'succeeded' ? 'bounced' : 'gateway_rejected', now);
    }
    const { status, gatewayRefundId } = outcome;
    const event =
      status === 'pending'
        ? new RefundPending({ ...this.facts, gatewayRefundId, pendingAt: now })
        : new RefundSucceeded({ ...this.facts, gatewayRefundId, succeededAt: now });
    this.change({ status, gatewayRefundId, attention: null, changedAt: now }, event);
  }

  private fail(code: string, attention: RefundAttention, failedAt: Date): void {
    this.change(
      { status: 'failed', failureCode: code, changedAt: failedAt },
      new RefundFailed({ ...this.facts, code, failedAt }),
    );
    this.raise(attention, failedAt);
  }

  /** Nothing was refunded under this key, and nothing ever will be. */
  private renew(now: Date): void {
    const { status, renewals } = this.state;
    if (status !== 'processing') return;
    if (renewals === MAX_RENEWALS) return this.fail('gateway_error', 'attempts_exhausted', now);
    this.ask({ ...this.nextKey, renewals: renewals + 1 }, now);
  }

  private ask(patch: Partial<RefundState>, requestedAt: Date): void {
    this.change({ ...patch, attention: null, changedAt: requestedAt });
    const { reason, cancellationId, generation } = this.state;
    const grounds = { reason, cancellationId: cancellationId ?? undefined, generation };
    this.apply(new RefundRequested({ ...this.facts, ...grounds, requestedAt }));
  }

  private raise(attention: RefundAttention, raisedAt: Date): void {
    if (this.state.attention === attention) return;
    this.change({ attention, changedAt: raisedAt }, new RefundAttentionRaised({ ...this.facts, attention, raisedAt }));
  }

  private note(action: Omit<RefundAction, 'at'>, at: Date): void {
    this.change({ actions: [...this.state.actions, { ...action, at }] });
  }

  private get nextKey() {
    const { generation } = this.state;
    const unasked = { askedAt: null, gatewayRefundId: null, failureCode: null };
    return { status: 'requested', generation: generation + 1, ...unasked } as const;
  }

  private get facts() {
    const { id: refundId, orderId, paymentId, amount, currency } = this.state;
    return { refundId, orderId, paymentId, amount: { amount, currency } };
  }
}
