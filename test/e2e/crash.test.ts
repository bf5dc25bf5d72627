import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Client } from 'pg';
import Stripe from 'stripe';
import { SANDBOX_WEBHOOK_SECRET } from '../../src/refund/infrastructure/sandbox-gateway/sandbox-keys.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { eventually } from '../support/eventually.js';
import { controlsOf } from '../support/sandbox-controls.js';
import { type Service, startService } from '../support/service.js';
import { cancelOrder, openPayment, placeOrder, stock, untilOrderIs, untilRefunded } from './shop.js';

let database: TestDatabase;

beforeEach(async () => {
  database = await createTestDatabase();
});
afterEach(() => database.drop());

/** While this connection is open, nothing gets from the outbox into the log, and so nowhere else. */
async function holdSequencer(): Promise<Client> {
  const client = new Client({ connectionString: database.url });
  await client.connect();
  await client.query(`select pg_advisory_lock(hashtext('messaging.sequence_outbox'))`);
  return client;
}

/** Sends the service what a gateway that doesn't know where it listens can't: the news of a payment. */
async function tellOfPayment(service: Service, gatewayPaymentId: string): Promise<void> {
  const about = { id: gatewayPaymentId, object: 'payment_intent' };
  const payload = JSON.stringify({ id: randomUUID(), type: 'payment_intent.succeeded', data: { object: about } });
  const signature = new Stripe('sk_test').webhooks.generateTestHeaderString({
    payload,
    secret: SANDBOX_WEBHOOK_SECRET,
  });
  await service.http.post('/v1/gateway-webhooks/sandbox', payload, { 'stripe-signature': signature });
}

describe('a service that is killed right after it has answered a cancellation', () => {
  const program = 'dist/src/refund/infrastructure/sandbox-gateway/main.js';

  it('refunds once and releases the stock after its restart', async () => {
    const gateway = await startService({ program, args: ['--port', '0'] });
    const { pay, book } = controlsOf(gateway.url);
    const env = { SANDBOX_GATEWAY_URL: gateway.url, MESSAGING_LEASE: '3s' };
    const killed = await startService({ databaseUrl: database.url, env });
    await stock(killed.http, 'CHAIR', 10);
    const orderId = await placeOrder(killed.http, 'anna', 'CHAIR');
    const intent = await openPayment(killed.http, orderId);
    await pay(intent);
    await tellOfPayment(killed, intent);
    await untilOrderIs('preparing', killed.http, orderId);
    // The last thing that follows from the payment.
    const purchases = '/v1/customers/anna/purchases';
    await eventually(async () => (await killed.http.get(purchases)).body.data?.length === 1);

    const lock = await holdSequencer();
    const canceled = await cancelOrder(killed.http, orderId);
    await killed.kill('SIGKILL');

    expect(canceled.status).toBe(201);
    expect((await book()).effects).toEqual({ captures: 1, refunds: 0 });
    expect((await lock.query('select type from messaging.outbox')).rows).toEqual([{ type: 'order.canceled' }]);
    await lock.end();

    const restarted = await startService({ databaseUrl: database.url, env });
    // The partitions of the dead stay with them until their lease ends.
    await untilRefunded(restarted.http, orderId, 30_000);
    await eventually(async () => (await restarted.http.get('/v1/batches/CHAIR-1')).body.allocated === 0);
    expect(await restarted.stop()).toBe(0);
    expect((await book()).refunds).toMatchObject([{ payment_intent: intent, amount: 1_250, status: 'succeeded' }]);
    await gateway.stop();
  }, 60_000);
});

describe('an application that is killed in the tick after a commit', () => {
  const program = 'test/support/fixtures/three-kinds.mjs';

  it('has lost what is local to the process, and does once what is durable', async () => {
    const killed = await startService({ program, databaseUrl: database.url });
    await expect(killed.http.post('/?name=killed&kill')).rejects.toThrow('fetch failed');
    const restarted = await startService({ program, databaseUrl: database.url });
    await restarted.http.post('/?name=lived');

    // They are of one stream: what is done for the second event is done for the first.
    const handled = await eventually(async () => {
      const { body } = await restarted.http.get('/');
      return body.lived?.includes('durable') && body;
    });
    expect(handled).toEqual({
      killed: ['before-commit', 'durable'],
      lived: ['after-commit', 'before-commit', 'detached', 'durable'],
    });
    await restarted.stop();
  });
});
