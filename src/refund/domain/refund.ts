import { Aggregate } from '../../kernel/aggregate.js';
import { type Money } from '../../kernel/money.js';
import {
  RefundAttentionRaised,
  RefundFailed,
  RefundPending,
  RefundRequested,
  RefundSucceeded,
} from '../contract/events.js';
import { type RefundInstruction, type RefundOutcome } from './payment-gateway.js';

export type RefundStatus = 'requested' | 'processing' | 'pending' | 'succeeded' | 'failed';
export type RefundReason = 'canceled' | 'overpaid';

/** Why a person must look at a refund. */
export const refundAttentions = ['gateway_rejected', 'bounced', 'manual_refund_due'] as const;
export type RefundAttention = (typeof refundAttentions)[number];

/**
 * What may follow what. It also decides between reports that arrive out of order: one that may not follow what is
 * known already is old news.
 */
export const transitions: Readonly<Record<RefundStatus, readonly RefundStatus[]>> = {
  requested: ['processing'],
  processing: ['pending', 'succeeded', 'failed'],
  pending: ['succeeded', 'failed'],
  /** A bank may bounce a refund weeks after it succeeded. */
  succeeded: ['failed'],
  failed: [],
};

export interface RefundState {
  readonly id: string;
  readonly version: number;
  readonly orderId: string;
  readonly paymentId: string;
  readonly gateway: string;
  readonly gatewayPaymentId: string;
  readonly gatewayRefundId: string | null;
  readonly currency: string;
  /** In minor units of `currency`. */
  readonly amount: number;
  readonly reason: RefundReason;
  readonly cancellationId: string | null;
  readonly status: RefundStatus;
  readonly generation: number;
  readonly failureCode: string | null;
  readonly attention: RefundAttention | null;
  readonly requestedAt: Date;
  readonly changedAt: Date;
}

export interface RefundSource {
  readonly orderId: string;
  readonly paymentId: string;
  readonly gateway: string;
  readonly gatewayPaymentId: string;
  readonly amount: Money;
}

/** Why, and under which id, a refund is requested. */
export interface RefundGrounds {
  readonly refundId: string;
  readonly reason: RefundReason;
  readonly cancellationId?: string;
  readonly requestedAt: Date;
}

export class Refund extends Aggregate<RefundState> {
  readonly streamType = 'refund';

  static request({ amount, ...source }: RefundSource, grounds: RefundGrounds): Refund {
    const { refundId: id, reason, cancellationId, requestedAt } = grounds;
    const refund = new Refund({
      ...untouched,
      ...source,
      ...amount,
      id,
      reason,
      cancellationId: cancellationId ?? null,
      requestedAt,
      changedAt: requestedAt,
    });
    refund.apply(new RefundRequested({ ...refund.facts, reason, cancellationId, generation: 1, requestedAt }));
    return refund;
  }

  static from(state: RefundState): Refund {
    return new Refund(state);
  }

  get streamId(): string {
    return this.state.id;
  }

  /** What to ask the gateway for, for the first time or again; undefined when this generation is over. */
  begin(generation: number, now: Date): RefundInstruction | undefined {
    if (generation !== this.state.generation) return undefined;
    if (this.mayBecome('processing')) this.change({ status: 'processing', changedAt: now });
    return this.state.status === 'processing' ? this.instruction : undefined;
  }

  /** What the gateway says of this refund. Its reports may arrive late, twice and out of order. */
  record(generation: number, outcome: RefundOutcome, now: Date): void {
    if (generation !== this.state.generation) return;
    if (outcome.status === 'due_by_hand') this.raise('manual_refund_due', now);
    else if (this.mayBecome(outcome.status)) this.become(outcome, now);
  }

  private become(outcome: Exclude<RefundOutcome, { status: 'due_by_hand' }>, now: Date): void {
    const { status } = outcome;
    if (status === 'failed') return this.fail(outcome.code, now);
    const { gatewayRefundId } = outcome;
    const event =
      status === 'pending'
        ? new RefundPending({ ...this.facts, gatewayRefundId, pendingAt: now })
        : new RefundSucceeded({ ...this.facts, gatewayRefundId, succeededAt: now });
    this.change({ status, gatewayRefundId, attention: null, changedAt: now }, event);
  }

  private fail(code: string, failedAt: Date): void {
    const attention = this.state.status === 'succeeded' ? 'bounced' : 'gateway_rejected';
    this.change(
      { status: 'failed', failureCode: code, changedAt: failedAt },
      new RefundFailed({ ...this.facts, code, failedAt }),
    );
    this.raise(attention, failedAt);
  }

  private raise(attention: RefundAttention, raisedAt: Date): void {
    if (this.state.attention === attention) return;
    this.change({ attention, changedAt: raisedAt }, new RefundAttentionRaised({ ...this.facts, attention, raisedAt }));
  }

  private mayBecome(status: RefundStatus): boolean {
    return transitions[this.state.status].includes(status);
  }

  private get instruction(): RefundInstruction {
    const { id: refundId, generation, gateway, gatewayPaymentId, amount, currency } = this.state;
    const idempotencyKey = `${refundId}.${generation}`;
    return { refundId, generation, idempotencyKey, gateway, gatewayPaymentId, amount: { amount, currency } };
  }

  private get facts() {
    const { id: refundId, orderId, paymentId, amount, currency } = this.state;
    return { refundId, orderId, paymentId, amount: { amount, currency } };
  }
}

const untouched = {
  version: 0,
  status: 'requested',
  generation: 1,
  gatewayRefundId: null,
  failureCode: null,
  attention: null,
} as const;
