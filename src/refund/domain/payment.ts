import { Aggregate } from '../../kernel/aggregate.js';
import { type Money } from '../../kernel/money.js';
import {
  PaymentCanceled,
  PaymentCaptured,
  PaymentDisputeClosed,
  PaymentDisputed,
  PaymentFailed,
  PaymentUnmatched,
} from '../contract/events.js';
import { CurrencyMismatch, PaymentNeedsNobody, RefundExceedsCaptured } from './errors.js';
import { type DisputeReport, type IntentRequest } from './payment-gateway.js';
import {
  type Dispute,
  disputedOf,
  type PaymentAttention,
  type PaymentStart,
  type PaymentState,
  type UnmatchedPayment,
  untouched,
} from './payment.state.js';
import { Refund } from './refund.js';
import { type Actor, type RefundDiscovery, type RefundGrounds, type RefundSource } from './refund.state.js';

export class Payment extends Aggregate<PaymentState> {
  readonly streamType = 'payment';

  static start({ id, orderId, gateway, gatewayPaymentId, amount, startedAt }: PaymentStart): Payment {
    const origin = { id, orderId, gateway, gatewayPaymentId: gatewayPaymentId ?? null };
    return new Payment({ ...untouched, ...origin, ...amount, startedAt });
  }

  /** Captured money without an order; nothing refunds it by itself. */
  static unmatched({ id, gateway, gatewayPaymentId, amount, capturedAt }: UnmatchedPayment): Payment {
    const origin = { id, orderId: null, gateway, gatewayPaymentId, ...amount, startedAt: capturedAt };
    const payment = new Payment({ ...untouched, ...origin });
    payment.change(
      { status: 'captured', captured: amount.amount, capturedAt, attention: 'unmatched_payment' },
      new PaymentUnmatched({ paymentId: id, gateway, gatewayPaymentId, amount, capturedAt }),
    );
    return payment;
  }

  static from(state: PaymentState): Payment {
    return new Payment(state);
  }

  get streamId(): string {
    return this.state.id;
  }

  get refundable(): Money {
    const { captured, refundTotal } = this.state;
    return this.money(Math.max(0, captured - refundTotal - disputedOf(this.state)));
  }

  get intentRequest(): IntentRequest {
    const { id: paymentId, orderId, gatewayPaymentId, amount } = this.state;
    return { paymentId, orderId, gatewayPaymentId: gatewayPaymentId ?? undefined, amount: this.money(amount) };
  }

  attachIntent(gatewayPaymentId: string): void {
    if (this.state.gatewayPaymentId === null) this.change({ gatewayPaymentId });
  }

  /** Possible after a failure too: the customer may try another card on the same intent. */
  capture(amount: Money, capturedAt: Date): void {
    const { id: paymentId, orderId, gateway, status, captured, currency } = this.state;
    if (status === 'captured' && amount.amount !== captured) return this.differ();
    if (status === 'captured' || orderId === null) return;
    if (amount.currency !== currency) throw new CurrencyMismatch(amount.currency, currency);
    this.change(
      { status: 'captured', captured: amount.amount, capturedAt, failureCode: null },
      new PaymentCaptured({ paymentId, orderId, gateway, amount, capturedAt }),
    );
  }

  /** Reports may arrive out of order: a failure that is heard of after the capture came before it. */
  fail(code: string, failedAt: Date): void {
    const { id: paymentId, orderId, status } = this.state;
    if (status !== 'started' || orderId === null) return;
    this.change({ status: 'failed', failureCode: code }, new PaymentFailed({ paymentId, orderId, code, failedAt }));
  }

  /** Nobody can pay it any more. */
  cancel(canceledAt: Date): void {
    const { id: paymentId, orderId, status } = this.state;
    if ((status !== 'started' && status !== 'failed') || orderId === null) return;
    this.change({ status: 'canceled' }, new PaymentCanceled({ paymentId, orderId, canceledAt }));
  }

  /** Sets a part of the captured money aside for a new refund, so that no two refunds can share it. */
  refund(amount: number, grounds: RefundGrounds): Refund {
    const source = this.sourceOf(amount);
    if (amount > this.refundable.amount || !source) throw new RefundExceedsCaptured(this.refundable);
    this.change({ refundTotal: this.state.refundTotal + amount });
    return Refund.request(source, grounds);
  }

  /** Somebody refunded in the gateway's dashboard. It is done: where too much went back, a person must look. */
  discover(amount: number, discovery: RefundDiscovery): Refund | undefined {
    const source = this.sourceOf(amount);
    if (!source) return this.giveBackUnmatched(amount);
    this.count(amount);
    if (this.state.overRefunded > 0) this.raise('over_refunded');
    return Refund.discover(source, discovery);
  }

  /** Gives back what was set aside for a refund that is canceled. */
  release(amount: number): void {
    this.count(-amount);
  }

  /** A dispute that was lost may be won on appeal; one that was won is over. */
  recordDispute({ disputeId, reason, status, amount: { amount } }: DisputeReport, now: Date): void {
    const { disputes } = this.state;
    const known = disputes.find((each) => each.disputeId === disputeId);
    if (status === 'inquiry' || known?.status === status || known?.status === 'won') return;
    if (known ? status === 'open' : status === 'won') return;
    const dispute = { disputeId, reason, status, amount: known?.amount ?? amount };
    const others = disputes.filter((each) => each !== known);
    this.change({ disputes: [...others, dispute] });
    if (!known) this.tellDisputed(dispute, now);
    if (status === 'open') this.raise('disputed');
    else this.tellClosed(dispute, now);
  }

  /** The gateway's books and ours don't agree, and nothing that we know of can make them agree. */
  differ(): void {
    this.raise('differs_from_gateway');
  }

  /** A person has looked. */
  resolve({ by, note }: Actor, at: Date): void {
    if (this.state.attention === null) throw new PaymentNeedsNobody(this.state.id);
    this.change({ attention: null, actions: [...this.state.actions, { action: 'resolve', by, note, at }] });
  }

  private tellDisputed({ amount, reason }: Dispute, disputedAt: Date): void {
    const { id: paymentId, orderId } = this.state;
    if (orderId === null) return;
    this.apply(new PaymentDisputed({ paymentId, orderId, amount: this.money(amount), reason, disputedAt }));
  }

  private tellClosed({ amount, status }: Dispute, closedAt: Date): void {
    const { id: paymentId, orderId, attention, disputes } = this.state;
    const isOver = attention === 'disputed' && disputes.every((each) => each.status !== 'open');
    if (isOver) this.change({ attention: null });
    if (orderId === null) return;
    const outcome = status === 'won' ? 'won' : 'lost';
    this.apply(new PaymentDisputeClosed({ paymentId, orderId, amount: this.money(amount), outcome, closedAt }));
  }

  /** It has no order that could tell of a refund; once all of it is given back, nobody has to look. */
  private giveBackUnmatched(amount: number): undefined {
    if (amount === this.state.captured) this.change({ refundTotal: amount, attention: null });
  }

  private count(amount: number): void {
    const refundTotal = this.state.refundTotal + amount;
    this.change({ refundTotal, overRefunded: Math.max(0, refundTotal - this.state.captured) });
  }

  /** One reason at a time: what is there already brings a person here. */
  private raise(attention: PaymentAttention): void {
    if (this.state.attention === null) this.change({ attention });
  }

  private sourceOf(amount: number): RefundSource | undefined {
    const { id: paymentId, orderId, gateway, gatewayPaymentId } = this.state;
    if (orderId === null || gatewayPaymentId === null) return undefined;
    return { paymentId, orderId, gateway, gatewayPaymentId, amount: this.money(amount) };
  }

  private money(amount: number): Money {
    return { amount, currency: this.state.currency };
  }
}
