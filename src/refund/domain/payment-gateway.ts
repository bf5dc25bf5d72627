import { type Money } from '../../kernel/money.js';
import { GatewayUnknown } from './errors.js';

/** What became of a refund. */
export type RefundOutcome =
  | { readonly status: 'succeeded' | 'pending'; readonly gatewayRefundId: string }
  | { readonly status: 'failed'; readonly code: string }
  /** A person has to pay it back. */
  | { readonly status: 'due_by_hand' }
  /** For certain: its key can't be used any more, and nothing was refunded under it. */
  | { readonly status: 'not_refunded' };

/** An error that the gateway keeps under the key, and repeats; whether it refunded before the error, it doesn't say. */
export interface KeptError {
  readonly status: 'kept_error';
  readonly code: string;
}

export interface RefundInstruction {
  readonly gateway: string;
  readonly refundId: string;
  readonly generation: number;
  /** Under one key the gateway refunds at most once, however often it is asked. */
  readonly idempotencyKey: string;
  readonly gatewayPaymentId: string;
  /** Known once the gateway has told it. */
  readonly gatewayRefundId?: string;
  readonly amount: Money;
}

/** Where money came from, and goes back to. */
export abstract class PaymentGateway {
  abstract readonly name: string;
  /** Throws an {@link UnknownOutcomeError} where the same call has to be repeated. */
  abstract refund(instruction: RefundInstruction): Promise<RefundOutcome | KeptError>;
  /** Looks for the refund among what the gateway has done; undefined when it isn't there. */
  abstract findRefund(instruction: RefundInstruction): Promise<RefundOutcome | undefined>;
}

export interface IntentRequest {
  readonly paymentId: string;
  readonly orderId: string | null;
  readonly amount: Money;
  /** Known when the intent was opened before. */
  readonly gatewayPaymentId?: string;
}

export interface Intent {
  readonly gatewayPaymentId: string;
  /** Lets the customer's browser pay; never stored. */
  readonly clientSecret: string;
}

/** What the gateway says of a payment now. */
export interface PaymentReport {
  readonly gatewayPaymentId: string;
  readonly status: 'open' | 'captured' | 'failed' | 'canceled';
  readonly amount: Money;
  /** Why the last attempt to pay failed. */
  readonly code?: string;
  /** As its metadata claims: an intent may have been made by someone else. */
  readonly paymentId?: string;
  readonly orderId?: string;
}

/** What the gateway says of a refund now. */
export interface RefundReport {
  readonly gatewayRefundId: string;
  readonly gatewayPaymentId: string;
  readonly amount: Money;
  /** As its metadata claims; without one it was made in the gateway's dashboard. */
  readonly refundId?: string;
  readonly generation: number;
  readonly outcome: RefundOutcome;
}

/** What the gateway says of a dispute now. */
export interface DisputeReport {
  readonly disputeId: string;
  readonly gatewayPaymentId: string;
  readonly amount: Money;
  readonly reason: string;
  /** `inquiry`: the bank asks, and has taken nothing. `won`: the money is back. */
  readonly status: 'inquiry' | 'open' | 'won' | 'lost';
}

/** What happened at the gateway since some time, whoever made it. */
export interface GatewayBooks {
  readonly payments: readonly PaymentReport[];
  readonly refunds: readonly RefundReport[];
  readonly disputes: readonly DisputeReport[];
}

/** A verified hint that something changed. What it is, the gateway is asked again: hints may be old. */
export interface WebhookNotice {
  readonly eventId: string;
  readonly type: string;
  readonly about?: { readonly kind: 'payment' | 'refund' | 'dispute'; readonly id: string };
}

/** A gateway that customers pay through by themselves. */
export abstract class OnlineGateway extends PaymentGateway {
  /** Answers the same intent each time that it is asked for the same payment. */
  abstract openIntent(request: IntentRequest): Promise<Intent>;
  abstract fetchPayment(gatewayPaymentId: string): Promise<PaymentReport>;
  abstract fetchRefund(gatewayRefundId: string): Promise<RefundReport>;
  abstract fetchDispute(disputeId: string): Promise<DisputeReport>;
  /** Lets nobody pay it any more, and reports what it is then: it may have been paid. */
  abstract cancelIntent(gatewayPaymentId: string): Promise<PaymentReport>;
  abstract refundsOf(gatewayPaymentId: string): Promise<readonly RefundReport[]>;
  abstract booksSince(since: Date): Promise<GatewayBooks>;
  /** Throws WebhookSignatureInvalid unless the gateway sent exactly these bytes within the last five minutes. */
  abstract readWebhook(body: Buffer, signature: string | undefined): WebhookNotice;
}

/** The gateway may have acted or not: only the same call with the same key can tell. */
export class UnknownOutcomeError extends Error {
  override readonly name: string = 'UnknownOutcomeError';

  constructor(
    readonly gateway: string,
    readonly code: string,
    options?: ErrorOptions & { retryAfterMs?: number },
  ) {
    super(`${gateway} left the outcome open: ${code}`, options);
    this.retryAfterMs = options?.retryAfterMs;
  }

  /** The gateway asked not to be called again sooner. */
  readonly retryAfterMs?: number;
}

/** This call had no effect: too many at once, or our key refused. The same one may have it later. */
export class PostponedError extends UnknownOutcomeError {
  override readonly name = 'PostponedError';
}

/** The gateways that are set up. */
export class PaymentGateways {
  readonly #byName: ReadonlyMap<string, PaymentGateway>;

  constructor(...gateways: readonly PaymentGateway[]) {
    this.#byName = new Map(gateways.map((gateway) => [gateway.name, gateway]));
  }

  get(name: string): PaymentGateway {
    const gateway = this.#byName.get(name);
    if (!gateway) throw new GatewayUnknown(name);
    return gateway;
  }

  get allOnline(): readonly OnlineGateway[] {
    return [...this.#byName.values()].filter((gateway) => gateway instanceof OnlineGateway);
  }

  online(name: string): OnlineGateway {
    const gateway = this.get(name);
    if (!(gateway instanceof OnlineGateway)) throw new GatewayUnknown(name);
    return gateway;
  }
}
