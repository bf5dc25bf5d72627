import { type Money } from '../../kernel/money.js';
import { type DisputeReport } from './payment-gateway.js';
import { type PersonsAction } from './refund.state.js';

export type PaymentStatus = 'started' | 'captured' | 'failed' | 'canceled';

/** Why a person must look at a payment. */
export const paymentAttentions = [
  /** The money belongs to no order of ours. */
  'unmatched_payment',
  'disputed',
  /** More was refunded than was captured, counting what was paid back in other ways. */
  'over_refunded',
  'differs_from_gateway',
] as const;
export type PaymentAttention = (typeof paymentAttentions)[number];

/** A part of what was captured, or all of it, that the customer's bank has taken back. */
export interface Dispute extends Pick<DisputeReport, 'disputeId' | 'reason'> {
  readonly amount: number;
  readonly status: Exclude<DisputeReport['status'], 'inquiry'>;
}

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
  /** By how much people have refunded past us more than was captured; normally nothing. */
  readonly overRefunded: number;
  readonly disputes: readonly Dispute[];
  readonly failureCode: string | null;
  readonly attention: PaymentAttention | null;
  readonly actions: readonly PersonsAction<'resolve'>[];
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

/** What is gone, or may be: a dispute that is lost stays one. */
export function disputedOf({ disputes }: Pick<PaymentState, 'disputes'>): number {
  return disputes.reduce((sum, { status, amount }) => (status === 'won' ? sum : sum + amount), 0);
}

export const untouched = {
  version: 0,
  status: 'started',
  captured: 0,
  refundTotal: 0,
  overRefunded: 0,
  disputes: [],
  failureCode: null,
  attention: null,
  actions: [],
  capturedAt: null,
} as const;
