import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import type { RefundView, RefundWithAttempts } from '../../../src/refund/application/refund.queries.js';
import { SandboxGateway } from '../../../src/refund/infrastructure/sandbox-gateway/sandbox-gateway.js';
import { SANDBOX_WEBHOOK_SECRET } from '../../../src/refund/infrastructure/sandbox-gateway/sandbox-keys.js';
import { createTestDatabase, type TestDatabase } from '../../support/database.js';
import { eventually } from '../../support/eventually.js';
import type { Answer, HttpClient } from '../../support/http.js';
import { controlsOf } from '../../support/sandbox-controls.js';
import { type Service, startService } from '../../support/service.js';
import { temporaryFolder } from '../../support/temporary-folder.js';
import { cancelOrder, openPayment, placeOrder, stock, untilOrderIs } from '../shop.js';

const PRICE = 1_250;
const RETRIES = '50ms,100ms,150ms';
const ATTEMPTS = 4;
/** A cancellation that waited for the gateway would take at least this long while it is slow. */
const GATEWAY_TIMEOUT = '1s';
const SLOW_MS = 1_000;

let database: TestDatabase;
let client: pg.Client;
let service: Service;
let operator: HttpClient;
let gateway: SandboxGateway;
let sandbox: ReturnType<typeof controlsOf>;
let bookFile: string;

beforeAll(async () => {
  database = await createTestDatabase();
  client = new pg.Client({ connectionString: database.url });
  await client.connect();
  bookFile = join(await temporaryFolder(), 'book.jsonl');
  gateway = await openGateway(0);
  sandbox = controlsOf(gateway.url);
  // Without an offer for VIPs the price stays the same, however often one customer buys.
  const env = { VIP_DISCOUNT_BPS: '0', SANDBOX_GATEWAY_URL: gateway.url, REFUND_RETRY: RETRIES, GATEWAY_TIMEOUT };
  service = await startService({ databaseUrl: database.url, env });
  operator = service.http;
  await stock(operator, 'CHAIR', 1_000);
});
afterAll(async () => {
  await service.stop();
  await gateway.close();
  await client.end();
  await database.drop();
});
beforeEach(() => sandbox.clearFaults());

function openGateway(port: number): Promise<SandboxGateway> {
  const url = () => service && `${service.url}/v1/gateway-webhooks/sandbox`;
  return SandboxGateway.listen({ port, bookFile, receiver: { url, secret: SANDBOX_WEBHOOK_SECRET } });
}

interface PaidOrder {
  readonly orderId: string;
  readonly intent: string;
}

async function paidOrder(): Promise<PaidOrder> {
  const orderId = await placeOrder(operator, 'anna', 'CHAIR');
  const intent = await openPayment(operator, orderId);
  await sandbox.pay(intent);
  await untilOrderIs('preparing', operator, orderId);
  return { orderId, intent };
}

/** The gateway must not be waited for, whatever state it is in. */
async function cancel({ orderId }: PaidOrder): Promise<void> {
  const before = performance.now();
  expect(await cancelOrder(operator, orderId)).toMatchObject({ status: 201 });
  expect(performance.now() - before).toBeLessThan(SLOW_MS);
  expect((await operator.get(`/v1/orders/${orderId}`)).body.status).toBe('canceled');
}

/** The order's refund, once it is as expected. */
async function refund({ orderId }: PaidOrder, expected: Partial<RefundView>): Promise<RefundWithAttempts> {
  return eventually(async () => {
    const { data } = (await operator.get(`/v1/refunds?orderId=${orderId}`)).body;
    expect(data).toEqual([expect.objectContaining(expected)]);
    return (await operator.get(`/v1/refunds/${data[0].id}`)).body as RefundWithAttempts;
  });
}

const act = (action: string, { id }: RefundView, body: object = {}): Promise<Answer> =>
  operator.post(`/v1/refunds/${id}/${action}`, body);

async function refundedAtGateway({ intent }: PaidOrder): Promise<number[]> {
  const { refunds } = await sandbox.book();
  return refunds.filter((each) => each.payment_intent === intent).map(({ amount }) => amount);
}

const dropWebhooks = (times = 1) => sandbox.fault({ operation: 'webhook', fault: 'dropped', times });
const keysOf = ({ attempts }: RefundWithAttempts) =>
  new Set(attempts.filter(({ call }) => call === 'refund').map(({ idempotencyKey }) => idempotencyKey));

describe('a gateway that fails for a while', () => {
  it.each([
    ['503 before executing', 'unavailable', 2],
    ['the answer dropped after the effect', 'answer_dropped', 4],
    ['429', 'rate_limited', 3],
    ['slower than the limit', 'slow', 1],
  ])('is asked again with the same key, and has refunded once: %s', async (_, fault, times) => {
    const order = await paidOrder();
    await dropWebhooks();
    await sandbox.fault({ operation: 'refunds.create', fault, times, delayMs: SLOW_MS + 200 });
    await cancel(order);
    const done = await refund(order, { status: 'succeeded', generation: 1, attention: null });
    expect(done.attempts[0]).toMatchObject({ status: 'unknown' });
    expect(keysOf(done)).toEqual(new Set([`${done.id}.1`]));
    expect(await refundedAtGateway(order)).toEqual([PRICE]);
  });

  it('is looked up when it keeps an error under the key, and asked with a new one: it had no effect', async () => {
    const order = await paidOrder();
    await sandbox.fault({ operation: 'refunds.create', fault: 'error_without_effect' });
    await cancel(order);
    const done = await refund(order, { status: 'succeeded', generation: 2 });
    expect(done.attempts.map(({ call, status }) => [call, status])).toEqual([
      ['refund', 'unknown'],
      ['refund', 'kept_error'],
      ['look_up', 'not_found'],
      ['refund', 'succeeded'],
    ]);
    expect(keysOf(done)).toEqual(new Set([`${done.id}.1`, `${done.id}.2`]));
    expect(await refundedAtGateway(order)).toEqual([PRICE]);
  });

  it('is looked up when it keeps an error under the key, and believed: it had its effect', async () => {
    const order = await paidOrder();
    await dropWebhooks();
    await sandbox.fault({ operation: 'refunds.create', fault: 'error_after_effect' });
    await cancel(order);
    const done = await refund(order, { status: 'succeeded', generation: 1 });
    expect(done.attempts.at(-1)).toMatchObject({ call: 'look_up', status: 'succeeded', idempotencyKey: null });
    expect(await refundedAtGateway(order)).toEqual([PRICE]);
  });
});

describe('a gateway that fails for too long', () => {
  const dead = async () => {
    const { rows } = await client.query('select type from messaging.queued_command where dead_at is not null');
    return rows;
  };

  it('needs a person, who retries once it is back: it was dead', async () => {
    const order = await paidOrder();
    const { port } = gateway;
    await gateway.close();
    await cancel(order);
    const stuck = await refund(order, { status: 'processing', attention: 'outcome_unknown' });
    expect(stuck.attempts.map(({ code }) => code)).toEqual(Array.from({ length: ATTEMPTS }, () => 'no_answer'));
    expect(await dead()).toEqual([]);

    gateway = await openGateway(port);
    expect(await refundedAtGateway(order)).toEqual([]);
    const retried = await act('retry', stuck, { note: 'It answers again.' });
    expect(retried).toMatchObject({ status: 200, body: { attention: null } });
    const done = await refund(order, { status: 'succeeded', generation: 1 });
    expect(done.actions).toEqual([
      { action: 'retry', by: expect.stringMatching(/^operator:/), note: 'It answers again.', at: expect.any(String) },
    ]);
    expect(await refundedAtGateway(order)).toEqual([PRICE]);
  });

  it('needs a person, who retries, although it had refunded: no answer ever came', async () => {
    const order = await paidOrder();
    await dropWebhooks();
    // Twice for each attempt: the SDK repeats a call whose connection breaks once by itself.
    await sandbox.fault({ operation: 'refunds.create', fault: 'answer_dropped', times: 2 * ATTEMPTS });
    await cancel(order);
    const stuck = await refund(order, { attention: 'outcome_unknown' });
    expect(await refundedAtGateway(order)).toEqual([PRICE]);
    await act('retry', stuck);
    await refund(order, { status: 'succeeded', attention: null });
    expect(await refundedAtGateway(order)).toEqual([PRICE]);
  });

  it('needs a person who knows that nothing was refunded: it put every call off', async () => {
    const order = await paidOrder();
    await sandbox.fault({ operation: 'refunds.create', fault: 'rate_limited', times: ATTEMPTS });
    await cancel(order);
    const stuck = await refund(order, { status: 'processing', attention: 'attempts_exhausted' });
    await act('retry', stuck);
    await refund(order, { status: 'succeeded' });
    expect(await refundedAtGateway(order)).toEqual([PRICE]);
    expect(await dead()).toEqual([]);
  });

  it('needs a person when it keeps an error under each new key', async () => {
    const order = await paidOrder();
    await sandbox.fault({ operation: 'refunds.create', fault: 'error_without_effect', times: 100 });
    await cancel(order);
    const stuck = await refund(order, { status: 'failed', generation: 4, attention: 'attempts_exhausted' });
    await sandbox.clearFaults();
    await act('retry', stuck);
    await refund(order, { status: 'succeeded', generation: 5 });
    expect(await refundedAtGateway(order)).toEqual([PRICE]);
  });

  it('is told of in the list of what needs a person, and as an event', async () => {
    const order = await paidOrder();
    await sandbox.fault({ operation: 'refunds.create', fault: 'unavailable', times: ATTEMPTS });
    await cancel(order);
    const { id } = await refund(order, { attention: 'outcome_unknown' });
    const { data } = (await operator.get('/v1/refunds?attention=outcome_unknown')).body;
    expect(data).toContainEqual(expect.objectContaining({ id }));
    await eventually(async () => {
      const { events } = (await operator.get(`/v1/events?sourceId=${id}&type=refund.attention-raised`)).body;
      expect(events).toMatchObject([{ data: { attention: 'outcome_unknown' } }]);
      return true;
    });
  });
});

describe('what an operator can do about a refund', () => {
  /** Given up; `refunded` tells whether the gateway had refunded before it fell silent. */
  async function stuckRefund({ refunded }: { refunded: boolean }): Promise<{ order: PaidOrder; stuck: RefundView }> {
    const order = await paidOrder();
    await dropWebhooks();
    const fault = refunded ? 'answer_dropped' : 'unavailable';
    await sandbox.fault({ operation: 'refunds.create', fault, times: refunded ? 2 * ATTEMPTS : ATTEMPTS });
    await cancel(order);
    return { order, stuck: await refund(order, { attention: 'outcome_unknown' }) };
  }

  async function rejectedRefund(): Promise<{ order: PaidOrder; rejected: RefundView }> {
    const order = await paidOrder();
    await sandbox.fault({ operation: 'refunds.create', fault: 'rejected' });
    await cancel(order);
    return { order, rejected: await refund(order, { status: 'failed', attention: 'gateway_rejected' }) };
  }

  it('is to check with the gateway, which has refunded', async () => {
    const { order, stuck } = await stuckRefund({ refunded: true });
    expect(await act('check', stuck)).toMatchObject({ status: 202 });
    await refund(order, { status: 'succeeded', attention: null });
  });

  it('is to check with the gateway, which has not, and to leave it at that', async () => {
    const { order, stuck } = await stuckRefund({ refunded: false });
    await act('check', stuck);
    await eventually(async () => (await refund(order, {})).attempts.at(-1)?.status === 'not_found');
    await refund(order, { status: 'processing', generation: 1, attention: 'outcome_unknown' });
    expect(await refundedAtGateway(order)).toEqual([]);
  });

  it('is to resolve it with the reference of another payment', async () => {
    const { order, stuck } = await stuckRefund({ refunded: false });
    expect(await act('resolution', stuck)).toMatchObject({ status: 422 });
    const resolved = await act('resolution', stuck, { reference: 'SEPA-1', note: 'by bank transfer' });
    expect(resolved).toMatchObject({ status: 200, body: { status: 'resolved', attention: null } });
    expect(resolved.body.actions).toMatchObject([{ action: 'resolve', reference: 'SEPA-1' }]);
    expect(await act('retry', stuck)).toMatchObject({ status: 409, body: { code: 'REFUND_ALREADY_RESOLVED' } });
    expect(await refundedAtGateway(order)).toEqual([]);
  });

  it('is to cancel it, and its amount counts as captured again', async () => {
    const { rejected } = await rejectedRefund();
    const canceled = await act('cancellation', rejected, { note: 'The customer keeps a voucher instead.' });
    expect(canceled).toMatchObject({ status: 200, body: { status: 'canceled', attention: null } });
    const refundTotal = async () => (await operator.get(`/v1/payments/${rejected.paymentId}`)).body.refundTotal.amount;
    await eventually(async () => (await refundTotal()) === 0);
  });

  it('is nothing while it is under way or over', async () => {
    const order = await paidOrder();
    await sandbox.fault({ operation: 'refunds.create', fault: 'pending' });
    await cancel(order);
    const pending = await refund(order, { status: 'pending' });
    for (const action of ['retry', 'cancellation', 'resolution']) {
      const refused = await act(action, pending, action === 'resolution' ? { reference: 'SEPA-2' } : {});
      expect(refused).toMatchObject({ status: 409, body: { code: 'REFUND_IN_PROGRESS' } });
    }
    await sandbox.settle(pending.gatewayRefundId!, 'succeeded');
    await refund(order, { status: 'succeeded' });
    expect(await act('retry', pending)).toMatchObject({ status: 409, body: { code: 'REFUND_ALREADY_SUCCEEDED' } });
  });

  it('is nothing about a refund that is not there', async () => {
    expect(await operator.post(`/v1/refunds/${randomUUID()}/retry`, {})).toMatchObject({ status: 404 });
  });
});

describe('a webhook that never comes', () => {
  /** Makes it an hour later for what concerns the reconciliation. */
  async function reconcile(): Promise<void> {
    await client.query(
      `update refund.payments set started_at = started_at - interval '1 hour' where status = 'started'`,
    );
    await client.query(
      `update refund.refunds set changed_at = changed_at - interval '1 hour' where status = 'pending'`,
    );
    await client.query(`update messaging.queued_command set due_at = now() where type = 'refund.reconcile'`);
  }

  it('is made up for by the reconciliation: of a payment', async () => {
    const orderId = await placeOrder(operator, 'anna', 'CHAIR');
    const intent = await openPayment(operator, orderId);
    await dropWebhooks();
    await sandbox.pay(intent);
    await reconcile();
    await untilOrderIs('preparing', operator, orderId);
  });

  it('is made up for by the reconciliation: of a refund', async () => {
    const order = await paidOrder();
    await sandbox.fault({ operation: 'refunds.create', fault: 'pending' });
    await cancel(order);
    const pending = await refund(order, { status: 'pending' });
    await dropWebhooks();
    await sandbox.settle(pending.gatewayRefundId!, 'succeeded');
    await reconcile();
    await refund(order, { status: 'succeeded' });
  });
});
