import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { RefundView } from '../../../src/refund/application/refund.queries.js';
import { createTestDatabase, type TestDatabase } from '../../support/database.js';
import { eventually } from '../../support/eventually.js';
import type { HttpClient } from '../../support/http.js';
import { type Service, startService } from '../../support/service.js';
import { temporaryFolder } from '../../support/temporary-folder.js';
import { placeOrder, sandboxOf, stock } from '../shop.js';

let database: TestDatabase;
let service: Service;
let operator: HttpClient;
let anna: HttpClient;
let sandbox: ReturnType<typeof sandboxOf>;
let env: Record<string, string>;

beforeAll(async () => {
  database = await createTestDatabase();
  // Without an offer for VIPs the price stays the same, however often one customer buys.
  env = { VIP_DISCOUNT_BPS: '0', DATA_DIR: await temporaryFolder(), GATEWAY_TIMEOUT: '1s' };
  await start();
  await stock(operator, 'CHAIR', 1_000);
});
afterAll(async () => {
  await service.stop();
  await database.drop();
});

async function start(): Promise<void> {
  service = await startService({ databaseUrl: database.url, env });
  operator = service.http;
  anna = operator.with({ 'x-customer-id': 'anna' });
  sandbox = sandboxOf(service);
}

const PRICE = { amount: 1_250, currency: 'EUR' };
const key = () => ({ 'idempotency-key': randomUUID() });
const order = () => placeOrder(anna, 'anna', 'CHAIR');
const pay = (orderId: string, body: object = { gateway: 'sandbox' }, client = operator) =>
  client.post(`/v1/orders/${orderId}/payments`, body, key());
const cancel = (orderId: string) => operator.post(`/v1/orders/${orderId}/cancellations`, { reason: 'staff' }, key());
const manual = (amount = PRICE) => ({ gateway: 'manual', reference: randomUUID(), amount });

async function paidOrder(): Promise<{ orderId: string; intent: string }> {
  const orderId = await order();
  const intent = (await pay(orderId)).body.payment.gatewayPaymentId as string;
  await sandbox.pay(intent);
  await captured(orderId, 1);
  return { orderId, intent };
}

async function captured(orderId: string, count: number): Promise<void> {
  await eventually(async () => {
    const { body } = await operator.get(`/v1/orders/${orderId}/payments`);
    return body.data.filter((payment: { status: string }) => payment.status === 'captured').length === count;
  });
}

/** The order's refunds, once there are some and all of them are in this status. */
async function refunds(orderId: string, status: string, within?: number): Promise<RefundView[]> {
  const probe = async () => {
    const { body } = await operator.get(`/v1/refunds?orderId=${orderId}`);
    return body.data.length > 0 && body.data.every((each: { status: string }) => each.status === status) && body.data;
  };
  return eventually(probe, { within });
}

async function refundedAtGateway(intent: string): Promise<number> {
  const book = await sandbox.book();
  const ofIntent = book.refunds.filter((each) => each.payment_intent === intent);
  return ofIntent.reduce((sum, each) => sum + each.amount, 0);
}

describe('paying an order', () => {
  it('opens an intent for the customer’s browser', async () => {
    const started = await pay(await order(), { gateway: 'sandbox' }, anna);
    expect(started.status).toBe(201);
    const { paymentId, clientSecret, payment } = started.body;
    expect(started.headers.get('location')).toBe(`/v1/payments/${paymentId}`);
    expect(clientSecret).toMatch(new RegExp(`^${payment.gatewayPaymentId}_secret_`));
    expect(payment).toMatchObject({ status: 'started', amount: PRICE });
  });

  it('opens one intent, however often the request is repeated', async () => {
    const path = `/v1/orders/${await order()}/payments`;
    const same = key();
    const first = await operator.post(path, { gateway: 'sandbox' }, same);
    const second = await operator.post(path, { gateway: 'sandbox' }, same);
    expect(second.body).toEqual(first.body);
    expect(second.headers.get('idempotency-replayed')).toBe('true');
  });

  it('says when the gateway does not answer, and goes on when it does again', async () => {
    const path = `/v1/orders/${await order()}/payments`;
    const same = key();
    await sandbox.fault({ operation: 'payment_intents.create', fault: 'unavailable' });
    const refused = await operator.post(path, { gateway: 'sandbox' }, same);
    expect(refused).toMatchObject({ status: 503, body: { code: 'GATEWAY_UNAVAILABLE' } });
    const again = await operator.post(path, { gateway: 'sandbox' }, same);
    expect(again).toMatchObject({ status: 201, body: { clientSecret: expect.any(String) } });
  });

  it('is learned of by webhook', async () => {
    const { orderId } = await paidOrder();
    await eventually(async () => (await operator.get(`/v1/orders/${orderId}`)).body.status === 'preparing');
  });

  it('records a declined card, and the next one that works', async () => {
    const orderId = await order();
    const { payment } = (await pay(orderId)).body;
    await sandbox.pay(payment.gatewayPaymentId, { declined: true });
    const read = async () => (await operator.get(`/v1/payments/${payment.id}`)).body;
    const failed = await eventually(async () => (await read()).status === 'failed' && (await read()));
    expect(failed).toMatchObject({ failureCode: 'generic_decline', captured: { amount: 0 } });
    await sandbox.pay(payment.gatewayPaymentId);
    await captured(orderId, 1);
  });

  it('is refused when the order is paid or canceled, not there, or someone else’s', async () => {
    const { orderId } = await paidOrder();
    expect(await pay(orderId)).toMatchObject({ status: 409, body: { code: 'ORDER_ALREADY_PAID' } });
    await cancel(orderId);
    expect(await pay(orderId)).toMatchObject({ status: 409, body: { code: 'ORDER_ALREADY_CANCELED' } });
    const bob = operator.with({ 'x-customer-id': 'bob' });
    expect(await pay(orderId, { gateway: 'sandbox' }, bob)).toMatchObject({ status: 404 });
    expect(await bob.get(`/v1/orders/${orderId}/payments`)).toMatchObject({ status: 404 });
    expect(await pay(randomUUID())).toMatchObject({ status: 404, body: { code: 'ORDER_NOT_FOUND' } });
  });

  it('by hand is for operators, in the currency of the order, and once per reference', async () => {
    const orderId = await order();
    const payment = manual();
    expect(await pay(orderId, payment, anna)).toMatchObject({ status: 403 });
    const dollars = { ...payment, amount: { amount: 1_250, currency: 'USD' } };
    expect(await pay(orderId, dollars)).toMatchObject({ status: 422, body: { code: 'CURRENCY_MISMATCH' } });
    expect(await pay(orderId, payment)).toMatchObject({ status: 201, body: { payment: { captured: PRICE } } });
    expect(await pay(orderId, payment)).toMatchObject({ status: 409, body: { code: 'PAYMENT_REFERENCE_EXISTS' } });
  });

  it('is refused at a gateway that is not set up', async () => {
    const refused = await pay(await order(), { gateway: 'stripe' });
    expect(refused).toMatchObject({ status: 422, body: { code: 'GATEWAY_UNKNOWN' } });
  });
});

describe('a canceled order', () => {
  it('gives its payment back, with every call to the gateway on record', async () => {
    const { orderId, intent } = await paidOrder();
    await cancel(orderId);
    const [refund] = await refunds(orderId, 'succeeded');
    expect(refund).toMatchObject({ amount: PRICE, reason: 'canceled', attention: null });
    const { attempts } = (await operator.get(`/v1/refunds/${refund!.id}`)).body;
    expect(attempts).toEqual([
      expect.objectContaining({ status: 'succeeded', idempotencyKey: `${refund!.id}.1`, code: null }),
    ]);
    expect(await refundedAtGateway(intent)).toBe(1_250);
  });

  it.each(['unavailable', 'answer_dropped', 'rate_limited'])(
    'is refunded once when the gateway is in trouble: %s',
    async (fault) => {
      const { orderId, intent } = await paidOrder();
      // The webhook would tell of the refund before the next attempt does.
      await sandbox.fault({ operation: 'webhook', fault: 'dropped' });
      await sandbox.fault({ operation: 'refunds.create', fault, times: 2 });
      await cancel(orderId);
      const [refund] = await refunds(orderId, 'succeeded');
      expect(await refundedAtGateway(intent)).toBe(1_250);
      const { attempts } = (await operator.get(`/v1/refunds/${refund!.id}`)).body;
      expect(attempts[0]).toMatchObject({ status: 'unknown' });
      expect(new Set(attempts.map((each: { idempotencyKey: string }) => each.idempotencyKey)).size).toBe(1);
    },
  );

  it('gives a late payment back', async () => {
    const orderId = await order();
    const { payment } = (await pay(orderId)).body;
    await sandbox.fault({ operation: 'payment_intents.cancel', fault: 'unavailable', times: 100 });
    await cancel(orderId);
    await sandbox.pay(payment.gatewayPaymentId);
    await refunds(orderId, 'succeeded');
    await sandbox.clearFaults();
    expect(await refundedAtGateway(payment.gatewayPaymentId)).toBe(1_250);
  });

  it('asks a person to give back what came in by hand', async () => {
    const orderId = await order();
    await pay(orderId, manual());
    await cancel(orderId);
    const [due] = await eventually(async () => {
      const { body } = await operator.get(`/v1/refunds?orderId=${orderId}&attention=manual_refund_due`);
      return body.data.length > 0 && body.data;
    });
    expect(due).toMatchObject({ status: 'processing', amount: PRICE });
  });

  it('tells when the gateway refuses for good', async () => {
    const { orderId } = await paidOrder();
    await sandbox.fault({ operation: 'refunds.create', fault: 'rejected' });
    await cancel(orderId);
    const [refund] = await refunds(orderId, 'failed');
    expect(refund).toMatchObject({ attention: 'gateway_rejected', failureCode: 'charge_disputed' });
  });
});

describe('a paid order', () => {
  it('gives the second of two payments back', async () => {
    const orderId = await order();
    const [first, second] = [(await pay(orderId)).body.payment, (await pay(orderId)).body.payment];
    await sandbox.pay(first.gatewayPaymentId);
    await captured(orderId, 1);
    await sandbox.pay(second.gatewayPaymentId);
    const [refund] = await refunds(orderId, 'succeeded');
    expect(refund).toMatchObject({ reason: 'overpaid', paymentId: second.id });
    expect(await refundedAtGateway(first.gatewayPaymentId)).toBe(0);
  });

  it('keeps what is owed of too large a payment', async () => {
    const orderId = await order();
    await pay(orderId, manual({ amount: 2_000, currency: 'EUR' }));
    const [refund] = await refunds(orderId, 'processing');
    expect(refund).toMatchObject({ amount: { amount: 750, currency: 'EUR' } });
  });

  it('is paid once when the webhook comes twice', async () => {
    const orderId = await order();
    const { payment } = (await pay(orderId)).body;
    await sandbox.fault({ operation: 'webhook', fault: 'duplicated' });
    await sandbox.pay(payment.gatewayPaymentId);
    await captured(orderId, 1);
    const { events } = (await operator.get(`/v1/events?offset=0&limit=1000&sourceId=${payment.id}`)).body;
    expect(events.map((event: { type: string }) => event.type)).toEqual(['payment.captured']);
  });
});

describe('a pending refund', () => {
  it('follows the webhooks: it arrives, and bounces in the end', async () => {
    const { orderId } = await paidOrder();
    await sandbox.fault({ operation: 'refunds.create', fault: 'pending' });
    await cancel(orderId);
    const [refund] = await refunds(orderId, 'pending');
    await sandbox.settle(refund!.gatewayRefundId!, 'succeeded');
    await refunds(orderId, 'succeeded');
    await sandbox.settle(refund!.gatewayRefundId!, 'failed');
    expect((await refunds(orderId, 'failed'))[0]).toMatchObject({ attention: 'bounced' });
  });
});

describe('money that came in past us', () => {
  const createIntent = async (metadata: Record<string, string>): Promise<string> => {
    const form = new URLSearchParams({ amount: '1250', currency: 'eur' });
    for (const [name, value] of Object.entries(metadata)) form.set(`metadata[${name}]`, value);
    return (await stripe('payment_intents', form)).id;
  };

  it('counts when it names an order of ours', async () => {
    const orderId = await order();
    await sandbox.pay(await createIntent({ orderId }));
    await captured(orderId, 1);
  });

  it('waits for a person when it names none', async () => {
    const intent = await createIntent({ orderId: randomUUID() });
    await sandbox.pay(intent);
    const payment = await eventually(async () => {
      const { body } = await operator.get('/v1/payments');
      return body.data.find((each: { gatewayPaymentId: string }) => each.gatewayPaymentId === intent);
    });
    expect(payment).toMatchObject({ orderId: null, attention: 'unmatched_payment', captured: PRICE });
  });
});

describe('a webhook', () => {
  it('that nobody signed is refused', async () => {
    const answer = await operator.post('/v1/gateway-webhooks/sandbox', { id: 'evt_1' });
    expect(answer).toMatchObject({ status: 422, body: { code: 'WEBHOOK_SIGNATURE_INVALID' } });
  });
});

describe('a service killed right after a cancellation', () => {
  it('refunds once, by the same sandbox, after its restart', async () => {
    const { orderId, intent } = await paidOrder();
    await sandbox.fault({ operation: 'refunds.create', fault: 'slow', delayMs: 60_000 });
    expect((await cancel(orderId)).status).toBe(201);
    await service.kill('SIGKILL');
    await start();
    // What the dead process had begun is taken over when its lease ends.
    await refunds(orderId, 'succeeded', 45_000);
    expect(await refundedAtGateway(intent)).toBe(1_250);
  }, 60_000);
});

async function stripe(path: string, form: URLSearchParams): Promise<{ id: string }> {
  const headers = { authorization: 'Bearer sk_sandbox' };
  const response = await fetch(`${sandbox.url}/v1/${path}`, { method: 'POST', headers, body: form });
  return (await response.json()) as { id: string };
}
