import type Stripe from 'stripe';
import { z } from 'zod';
import type { DisputeReport, PaymentReport, RefundOutcome, RefundReport } from '../domain/payment-gateway.js';
import { fromStripe } from './stripe-amounts.js';

/** Ours in an intent's or a refund's metadata; others may have written anything there. */
const metadata = z.object({
  paymentId: z.uuid().optional().catch(undefined),
  orderId: z.uuid().optional().catch(undefined),
  refundId: z.uuid().optional().catch(undefined),
  generation: z.coerce.number().int().positive().catch(1),
});

export function paymentReport(intent: Stripe.PaymentIntent): PaymentReport {
  const { paymentId, orderId } = metadata.parse(intent.metadata);
  const about = { gatewayPaymentId: intent.id, paymentId, orderId };
  const amount = fromStripe(intent);
  if (intent.status === 'succeeded') {
    const captured = fromStripe({ amount: intent.amount_received, currency: intent.currency });
    return { ...about, status: 'captured', amount: captured };
  }
  if (intent.status === 'canceled') return { ...about, status: 'canceled', amount };
  const { last_payment_error: failure } = intent;
  if (failure)
    return { ...about, status: 'failed', amount, code: failure.decline_code ?? failure.code ?? failure.type };
  return { ...about, status: 'open', amount };
}

export function refundReport(refund: Stripe.Refund): RefundReport {
  const { refundId, generation } = metadata.parse(refund.metadata ?? {});
  const names = { gatewayRefundId: refund.id, gatewayPaymentId: idOf(refund.payment_intent), refundId, generation };
  return { ...names, amount: fromStripe(refund), outcome: refundOutcome(refund) };
}

export function refundOutcome({ id, status, failure_reason }: Stripe.Refund): RefundOutcome {
  if (status === 'succeeded') return { status, gatewayRefundId: id };
  if (status === 'failed' || status === 'canceled') return { status: 'failed', code: failure_reason ?? status };
  return { status: 'pending', gatewayRefundId: id };
}

/** What is not here is still open: https://docs.stripe.com/api/disputes/object#dispute_object-status */
const DISPUTES: Readonly<Record<string, DisputeReport['status']>> = {
  warning_needs_response: 'inquiry',
  warning_under_review: 'inquiry',
  warning_closed: 'won',
  prevented: 'won',
  won: 'won',
  lost: 'lost',
  // An appeal changes nothing until it is won.
  appeal_needs_response: 'lost',
  appeal_under_review: 'lost',
};

export function disputeReport(dispute: Stripe.Dispute): DisputeReport {
  const { id: disputeId, reason, status } = dispute;
  const about = { disputeId, gatewayPaymentId: idOf(dispute.payment_intent), reason };
  return { ...about, amount: fromStripe(dispute), status: DISPUTES[status] ?? 'open' };
}

/** Empty of a charge that no intent of ours made. */
const idOf = (object: string | { id: string } | null): string =>
  typeof object === 'string' ? object : (object?.id ?? '');
