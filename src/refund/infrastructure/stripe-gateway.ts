import Stripe from 'stripe';
import { z } from 'zod';
import { PaymentRejected, WebhookSignatureInvalid } from '../domain/errors.js';
import {
  type Intent,
  type IntentRequest,
  type KeptError,
  OnlineGateway,
  type PaymentReport,
  type RefundInstruction,
  type RefundOutcome,
  type RefundReport,
  type WebhookNotice,
} from '../domain/payment-gateway.js';
import { fromStripe, toStripe } from './stripe-amounts.js';
import { keptError, rejectionCode } from './stripe-errors.js';

export interface StripeGatewayOptions {
  readonly name: string;
  readonly secretKey: string;
  readonly webhookSecret: string;
  /** Milliseconds for one call. */
  readonly timeout: number;
  /** Of a server that speaks Stripe's protocol; Stripe itself by default. */
  readonly url?: string;
}

const SIGNATURE_TOLERANCE_S = 300;

/** Ours in an intent's or a refund's metadata; others may have written anything there. */
const metadata = z.object({
  paymentId: z.uuid().optional().catch(undefined),
  orderId: z.uuid().optional().catch(undefined),
  refundId: z.uuid().optional().catch(undefined),
  generation: z.coerce.number().int().positive().catch(1),
});

export class StripeGateway extends OnlineGateway {
  readonly name: string;
  readonly #stripe: Stripe;
  readonly #webhookSecret: string;

  constructor({ name, secretKey, webhookSecret, timeout, url }: StripeGatewayOptions) {
    super();
    this.name = name;
    this.#webhookSecret = webhookSecret;
    // The queue repeats, with the same key. The SDK still does so once where a connection closes without an answer.
    const calls = { timeout, maxNetworkRetries: 0, telemetry: false };
    this.#stripe = new Stripe(secretKey, { ...calls, ...(url === undefined ? {} : address(url)) });
  }

  async openIntent({ paymentId, orderId, amount, gatewayPaymentId }: IntentRequest): Promise<Intent> {
    const { paymentIntents } = this.#stripe;
    const body = {
      ...toStripe(amount),
      metadata: { paymentId, orderId },
      automatic_payment_methods: { enabled: true },
    };
    const call =
      gatewayPaymentId === undefined
        ? paymentIntents.create(body, { idempotencyKey: paymentId })
        : paymentIntents.retrieve(gatewayPaymentId);
    const intent = await call.catch((error: unknown) => {
      throw new PaymentRejected(this.name, rejectionCode(this.name, error));
    });
    return { gatewayPaymentId: intent.id, clientSecret: intent.client_secret ?? '' };
  }

  async fetchPayment(gatewayPaymentId: string): Promise<PaymentReport> {
    return paymentReport(await this.#stripe.paymentIntents.retrieve(gatewayPaymentId));
  }

  async refund(instruction: RefundInstruction): Promise<RefundOutcome | KeptError> {
    const { refundId, generation, idempotencyKey, gatewayPaymentId, amount } = instruction;
    const body = {
      payment_intent: gatewayPaymentId,
      amount: toStripe(amount).amount,
      metadata: { refundId, generation: String(generation) },
    };
    try {
      return refundOutcome(await this.#stripe.refunds.create(body, { idempotencyKey }));
    } catch (error) {
      return keptError(error) ?? { status: 'failed', code: rejectionCode(this.name, error) };
    }
  }

  async findRefund({ refundId, generation, gatewayPaymentId }: RefundInstruction): Promise<RefundOutcome | undefined> {
    const ours: Stripe.Refund[] = [];
    for await (const refund of this.#stripe.refunds.list({ payment_intent: gatewayPaymentId, limit: 100 })) {
      if (refund.metadata?.refundId === refundId) ours.push(refund);
    }
    const found = ours.find((refund) => refund.metadata?.generation === String(generation)) ?? ours.find(isAlive);
    return found && refundOutcome(found);
  }

  async fetchRefund(gatewayRefundId: string): Promise<RefundReport> {
    const refund = await this.#stripe.refunds.retrieve(gatewayRefundId);
    const { refundId, generation } = metadata.parse(refund.metadata ?? {});
    return { refundId, generation, outcome: refundOutcome(refund) };
  }

  readWebhook(body: Buffer, signature: string | undefined): WebhookNotice {
    const { id: eventId, type, data } = this.verified(body, signature ?? '');
    const { id, object } = data.object as { id?: unknown; object?: unknown };
    if (typeof id !== 'string') return { eventId, type };
    if (object === 'payment_intent') return { eventId, type, about: { kind: 'payment', id } };
    if (object === 'refund') return { eventId, type, about: { kind: 'refund', id } };
    return { eventId, type };
  }

  private verified(body: Buffer, signature: string): Stripe.Event {
    try {
      return this.#stripe.webhooks.constructEvent(body, signature, this.#webhookSecret, SIGNATURE_TOLERANCE_S);
    } catch {
      throw new WebhookSignatureInvalid();
    }
  }
}

function address(url: string): { host: string; port: string; protocol: 'http' | 'https' } {
  const { hostname, port, protocol } = new URL(url);
  const secure = protocol === 'https:';
  return { host: hostname, port: port || (secure ? '443' : '80'), protocol: secure ? 'https' : 'http' };
}

function paymentReport(intent: Stripe.PaymentIntent): PaymentReport {
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

/** Of an earlier generation, whose end we took for a failure. */
const isAlive = ({ status }: Stripe.Refund): boolean => status !== 'failed' && status !== 'canceled';

function refundOutcome({ id, status, failure_reason }: Stripe.Refund): RefundOutcome {
  if (status === 'succeeded') return { status, gatewayRefundId: id };
  if (status === 'failed' || status === 'canceled') return { status: 'failed', code: failure_reason ?? status };
  return { status: 'pending', gatewayRefundId: id };
}
