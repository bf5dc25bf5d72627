import { afterEach } from '@jest/globals';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';
import {
  SANDBOX_SECRET_KEY,
  SANDBOX_WEBHOOK_SECRET,
} from '../../../src/refund/infrastructure/sandbox-gateway/sandbox-keys.js';
import { SandboxGateway } from '../../../src/refund/infrastructure/sandbox-gateway/sandbox-gateway.js';
import { StripeGateway } from '../../../src/refund/infrastructure/stripe-gateway.js';

export interface ReceivedWebhook {
  readonly body: Buffer;
  readonly signature: string;
}

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

/** A running sandbox, closed after the test. */
export async function startSandbox(options: { bookFile?: string; webhookUrl?: string } = {}) {
  const receiver = { url: () => options.webhookUrl, secret: SANDBOX_WEBHOOK_SECRET };
  const sandbox = await SandboxGateway.listen({ port: 0, bookFile: options.bookFile, receiver });
  closing.push(() => sandbox.close());
  return sandbox;
}

/** The adapter that speaks to Stripe, speaking to the sandbox through Stripe's own SDK. */
export function gatewayAt(url: string, timeout = 2_000): StripeGateway {
  const keys = { secretKey: SANDBOX_SECRET_KEY, webhookSecret: SANDBOX_WEBHOOK_SECRET };
  return new StripeGateway({ name: 'sandbox', ...keys, timeout, url });
}

/** Takes webhooks as the service would; refuses the first `refusals` of them. */
export async function startReceiver({ refusals = 0 } = {}) {
  const received: ReceivedWebhook[] = [];
  let refused = 0;
  const server: Server = createServer((request, response) => {
    void (async () => {
      const chunks: Buffer[] = [];
      for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
      received.push({ body: Buffer.concat(chunks), signature: `${request.headers['stripe-signature']?.toString()}` });
      response.writeHead(refused++ < refusals ? 500 : 200).end();
    })();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  closing.push(async () => {
    const closed = once(server, 'close');
    server.close();
    server.closeAllConnections();
    await closed;
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, received };
}
