import { Aggregate } from '../../kernel/aggregate.js';
import { type Money } from '../../kernel/money.js';
import { PaymentCaptured, PaymentFailed, PaymentUnmatched } from '../contract/events.js';
import { CurrencyMismatch, RefundExceedsCaptured } from './errors.js';
import { type IntentRequest } from './payment-gateway.js';
import { Refund } from './refund.js';
import { type RefundGrounds } from './refund.state.js';

export type PaymentStatus = 'started' | 'captured' | 'failed';

/** Amounts are in minor units of `currency`. */
export interface PaymentState {
  readonly id: string;
  readonly version: number;
  /** Null when the money matches no order of ours. */
  readonly orderId: string | null;
  readonly gateway: string;
  /** The gateway's own id, or a manual payment's reference; null until the gateway has answered. */
  readonly gatewayPaymentId: string | null;
  readonly status: PaymentStatus;
  readonly currency: string;
  readonly amount: number;
  readonly captured: number;
  /** Sum of its refunds that aren't canceled, paid back already or not: a failed one is still due. */
  readonly refundTotal: number;
  readonly failureCode: string | null;
  readonly attention: 'unmatched_payment' | null;
  readonly startedAt: Date;
  readonly capturedAt: Date | null;
}

export interface PaymentStart {
  readonly id: string;
  readonly orderId: string;
  readonly gateway: string;
  readonly gatewayPaymentId?: string;
  readonly amount: Money;
  readonly startedAt: Date;
}

export interface UnmatchedPayment {
  readonly id: string;
  readonly gateway: string;
  readonly gatewayPaymentId: string;
  readonly amount: Money;
  readonly capturedAt: Date;
}

export class Payment extends Aggregate<PaymentState> {
  readonly streamType = 'payment';

  static start({ id, orderId, gateway, gatewayPaymentId, amount, startedAt }: PaymentStart): Payment {
    return new Payment({
      ...untouched,
      id,
      orderId,
      gateway,
      gatewayPaymentId: gatewayPaymentId ?? null,
      ...amount,
      startedAt,
    });
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
    return this.money(this.state.captured - this.state.refundTotal);
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
    const { id: paymentId, orderId, gateway, status, currency } = this.state;
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

  /** Sets a part of the captured money aside for a new refund, so that no two refunds can share it. */
  refund(amount: number, grounds: RefundGrounds): Refund {
    const { id: paymentId, orderId, gateway, gatewayPaymentId, refundTotal } = this.state;
    if (amount > this.refundable.amount || orderId === null || gatewayPaymentId === null) {
      throw new RefundExceedsCaptured(this.refundable);
    }
    this.change({ refundTotal: refundTotal + amount });
    return Refund.request({ paymentId, orderId, gateway, gatewayPaymentId, amount: this.money(amount) }, grounds);
  }

  /** Gives back what was set aside for a refund that is canceled. */
  release(amount: number): void {
    this.change({ refundTotal: this.state.refundTotal - amount });
  }

  private money(amount: number): Money {
    return { amount, currency: this.state.currency };
  }
}

const untouched = {
  version: 0,
  status: 'started',
  captured: 0,
  refundTotal: 0,
  failureCode: null,
  attention: null,
  capturedAt: null,
} as const;
