import { z } from 'zod';
import { money } from '../../kernel/money.js';
import { Fields, instant, Message } from '../../messaging/index.js';

const refund = { refundId: z.uuid(), orderId: z.uuid(), paymentId: z.uuid(), amount: money };

@Message('payment.captured')
export class PaymentCaptured extends Fields({
  paymentId: z.uuid(),
  orderId: z.uuid(),
  gateway: z.string(),
  amount: money,
  capturedAt: instant,
}) {}

@Message('payment.failed')
export class PaymentFailed extends Fields({
  paymentId: z.uuid(),
  orderId: z.uuid(),
  code: z.string(),
  failedAt: instant,
}) {}

/** Money came in that belongs to no order of ours, or to one in another currency: a person must look. */
@Message('payment.unmatched')
export class PaymentUnmatched extends Fields({
  paymentId: z.uuid(),
  gateway: z.string(),
  gatewayPaymentId: z.string(),
  amount: money,
  capturedAt: instant,
}) {}

/** Its intent was withdrawn at the gateway before anybody paid. */
@Message('payment.canceled')
export class PaymentCanceled extends Fields({ paymentId: z.uuid(), orderId: z.uuid(), canceledAt: instant }) {}

/** The customer's bank took the money back until it has decided; it counts as gone. A person must look. */
@Message('payment.disputed')
export class PaymentDisputed extends Fields({
  paymentId: z.uuid(),
  orderId: z.uuid(),
  amount: money,
  reason: z.string(),
  disputedAt: instant,
}) {}

@Message('payment.dispute-closed')
export class PaymentDisputeClosed extends Fields({
  paymentId: z.uuid(),
  orderId: z.uuid(),
  amount: money,
  /** `won`: the money is back. */
  outcome: z.enum(['won', 'lost']),
  closedAt: instant,
}) {}

@Message('refund.requested')
export class RefundRequested extends Fields({
  ...refund,
  reason: z.string(),
  cancellationId: z.uuid().optional(),
  /** Each retry is a new generation, and the generation is part of the gateway's idempotency key. */
  generation: z.int().positive(),
  requestedAt: instant,
}) {}

@Message('refund.pending')
export class RefundPending extends Fields({ ...refund, gatewayRefundId: z.string(), pendingAt: instant }) {}

@Message('refund.succeeded')
export class RefundSucceeded extends Fields({ ...refund, gatewayRefundId: z.string(), succeededAt: instant }) {}

@Message('refund.failed')
export class RefundFailed extends Fields({ ...refund, code: z.string(), failedAt: instant }) {}

/** The customer got the money in another way. */
@Message('refund.resolved')
export class RefundResolved extends Fields({ ...refund, reference: z.string(), resolvedAt: instant }) {}

/** The customer does not get the money by this refund. */
@Message('refund.canceled')
export class RefundCanceled extends Fields({ ...refund, canceledAt: instant }) {}

/** A person must look: the one list of what needs attention. */
@Message('refund.attention-raised')
export class RefundAttentionRaised extends Fields({ ...refund, attention: z.string(), raisedAt: instant }) {}

/** Somebody refunded in the gateway's own dashboard: recorded, and counted as every other refund. */
@Message('refund.discovered')
export class RefundDiscovered extends Fields({ ...refund, gatewayRefundId: z.string(), discoveredAt: instant }) {}
