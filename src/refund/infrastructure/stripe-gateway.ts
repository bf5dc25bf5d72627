import Stripe from 'stripe';
import { PaymentRejected, WebhookSignatureInvalid } from '../domain/errors.js';
import {
  type DisputeReport,
  type GatewayBooks,
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
import { toStripe } from './stripe-amounts.js';
import { keptError, rejectionCode } from './stripe-errors.js';
import { disputeReport, paymentReport, refundOutcome, refundReport } from './stripe-reports.js';

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
/** Stripe's maximum. */
const PAGE = 100;

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

  async findRefund(instruction: RefundInstruction): Promise<RefundOutcome | undefined> {
    const { refundId, generation, gatewayPaymentId, gatewayRefundId } = instruction;
    const all = await this.refundsOf(gatewayPaymentId);
    const ours = all.filter((refund) => refund.refundId === refundId);
    const found =
      all.find((refund) => refund.gatewayRefundId === gatewayRefundId) ??
      ours.find((refund) => refund.generation === generation) ??
      // Of an earlier generation, whose end we took for a failure.
      ours.find((refund) => refund.outcome.status !== 'failed');
    return found?.outcome;
  }

  async fetchRefund(gatewayRefundId: string): Promise<RefundReport> {
    return refundReport(await this.#stripe.refunds.retrieve(gatewayRefundId));
  }

  async fetchDispute(disputeId: string): Promise<DisputeReport> {
    return disputeReport(await this.#stripe.disputes.retrieve(disputeId));
  }

  async cancelIntent(gatewayPaymentId: string): Promise<PaymentReport> {
    try {
      return paymentReport(await this.#stripe.paymentIntents.cancel(gatewayPaymentId));
    } catch (error) {
      // Throws where the outcome is open. A definite "no" means that it is paid, or canceled already.
      rejectionCode(this.name, error);
      return this.fetchPayment(gatewayPaymentId);
    }
  }

  async refundsOf(gatewayPaymentId: string): Promise<readonly RefundReport[]> {
    return collect(this.#stripe.refunds.list({ payment_intent: gatewayPaymentId, limit: PAGE }), refundReport);
  }

  async booksSince(since: Date): Promise<GatewayBooks> {
    const page = { created: { gte: Math.floor(since.getTime() / 1_000) }, limit: PAGE };
    return {
      payments: await collect(this.#stripe.paymentIntents.list(page), paymentReport),
      refunds: await collect(this.#stripe.refunds.list(page), refundReport),
      disputes: await collect(this.#stripe.disputes.list(page), disputeReport),
    };
  }

  readWebhook(body: Buffer, signature: string | undefined): WebhookNotice {
    const { id: eventId, type, data } = this.verified(body, signature ?? '');
    const { id, object } = data.object as { id?: unknown; object?: unknown };
    // Most intents are our own, and nobody has paid yet: there is nothing to ask about.
    if (typeof id !== 'string' || type === 'payment_intent.created') return { eventId, type };
    if (object === 'payment_intent') return { eventId, type, about: { kind: 'payment', id } };
    if (object === 'refund' || object === 'dispute') return { eventId, type, about: { kind: object, id } };
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

async function collect<T, R>(pages: AsyncIterable<T>, report: (item: T) => R): Promise<R[]> {
  const reports: R[] = [];
  for await (const item of pages) reports.push(report(item));
  return reports;
}
