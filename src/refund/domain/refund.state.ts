import { type Money } from '../../kernel/money.js';

/** `operator`: a person asked for it here; `gateway`: a person made it in the gateway's dashboard. */
export type RefundReason = 'canceled' | 'lines_canceled' | 'overpaid' | 'operator' | 'gateway';

/** Why a person must look at a refund. */
export const refundAttentions = [
  'gateway_rejected',
  'attempts_exhausted',
  'outcome_unknown',
  'stuck_pending',
  'bounced',
  'manual_refund_due',
  /** It was paid in another way and at the gateway, or the gateway doesn't know of it. */
  'differs_from_gateway',
] as const;
export type RefundAttention = (typeof refundAttentions)[number];

/**
 * What may follow what. It also decides between reports that arrive out of order: one that may not follow what is
 * known already is old news.
 */
export const transitions = {
  requested: ['processing', 'canceled'],
  /** Back to requested, with a new key, once it is certain that nothing was refunded under the old one. */
  processing: ['pending', 'succeeded', 'failed', 'requested', 'resolved'],
  pending: ['succeeded', 'failed', 'resolved'],
  /** A bank may bounce a refund weeks after it succeeded; a person settles what differs from the gateway. */
  succeeded: ['failed', 'resolved'],
  failed: ['requested', 'resolved', 'canceled'],
  /** Paid back elsewhere. */
  resolved: [],
  canceled: [],
} as const satisfies Record<string, readonly string[]>;

export type RefundStatus = keyof typeof transitions;

export const mayBecome = (from: RefundStatus, to: RefundStatus): boolean =>
  (transitions[from] as readonly RefundStatus[]).includes(to);

/** What a person did, and why. */
export interface PersonsAction<A extends string> {
  readonly action: A;
  readonly by: string;
  readonly note: string | null;
  readonly at: Date;
}

/** `replace`: a refund in the gateway's dashboard took its place. */
export interface RefundAction extends PersonsAction<'request' | 'retry' | 'check' | 'resolve' | 'cancel' | 'replace'> {
  /** Of the payment or refund that took the place of this one. */
  readonly reference?: string;
}

/** Who acts, and why. */
export type Actor = Pick<RefundAction, 'by' | 'note'>;

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
  /** Each one has an idempotency key of its own. */
  readonly generation: number;
  /** Generations that began by themselves since an order or a person last asked. */
  readonly renewals: number;
  /** When the gateway was first asked with this generation's key. */
  readonly askedAt: Date | null;
  readonly failureCode: string | null;
  readonly attention: RefundAttention | null;
  readonly actions: readonly RefundAction[];
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
  /** The person who asked for it. */
  readonly actor?: Actor;
  readonly requestedAt: Date;
}

/** Under which id a refund is recorded that we did not ask for. */
export interface RefundDiscovery {
  readonly refundId: string;
  readonly gatewayRefundId: string;
  readonly discoveredAt: Date;
}

export const untouched = {
  version: 0,
  status: 'requested',
  generation: 1,
  renewals: 0,
  askedAt: null,
  gatewayRefundId: null,
  failureCode: null,
  attention: null,
  actions: [],
} as const;
