import type { AppConfig } from '../../app.config.js';
import { PaymentGateways } from '../domain/payment-gateway.js';
import type { EmbeddedSandbox } from './embedded-sandbox.js';
import { ManualGateway } from './manual-gateway.js';
import { SANDBOX_SECRET_KEY, SANDBOX_WEBHOOK_SECRET } from './sandbox-gateway/sandbox-keys.js';
import { StripeGateway } from './stripe-gateway.js';

/** Stripe when there is a key, else the sandbox: one that runs already, or one of this service's own. */
export async function openGateways(config: AppConfig, embedded: EmbeddedSandbox): Promise<PaymentGateways> {
  const { stripeSecretKey, stripeWebhookSecret, gatewayTimeoutMs: timeout } = config;
  if (stripeSecretKey !== undefined && stripeWebhookSecret !== undefined) {
    const keys = { secretKey: stripeSecretKey, webhookSecret: stripeWebhookSecret };
    return new PaymentGateways(new ManualGateway(), new StripeGateway({ name: 'stripe', ...keys, timeout }));
  }
  const keys = { secretKey: SANDBOX_SECRET_KEY, webhookSecret: stripeWebhookSecret ?? SANDBOX_WEBHOOK_SECRET };
  const url = config.sandboxGatewayUrl ?? (await embedded.open(keys.webhookSecret));
  return new PaymentGateways(new ManualGateway(), new StripeGateway({ name: 'sandbox', ...keys, timeout, url }));
}
