import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createTestDatabase, type TestDatabase } from '../../support/database.js';
import { eventually } from '../../support/eventually.js';
import { type Answer, type HttpClient } from '../../support/http.js';
import { type Service, startService } from '../../support/service.js';
import { request } from '../../unit/order/given-order.js';
import { stock } from '../shop.js';

let database: TestDatabase;
let service: Service;
let operator: HttpClient;
let anna: HttpClient;
let bob: HttpClient;

beforeAll(async () => {
  database = await createTestDatabase();
  service = await startService({ databaseUrl: database.url });
  operator = service.http;
  anna = operator.with({ 'x-customer-id': 'anna' });
  bob = operator.with({ 'x-customer-id': 'bob' });
  await stock(operator, 'CHAIR', 100);
  await stock(operator, 'RARE', 1);
});
afterAll(async () => {
  await service.stop();
  await database.drop();
});

const body = (sku = 'CHAIR', quantity = 2) => {
  const { customerId, currency, shippingInfo } = request;
  return { customerId, currency, lines: [{ sku, quantity }], shippingInfo };
};
const key = () => ({ 'idempotency-key': randomUUID() });
const waiting = () => ({ ...key(), prefer: 'wait=10' });
const place = (client: HttpClient = anna): Promise<Answer> => client.post('/v1/orders', body(), waiting());

describe('POST /v1/orders', () => {
  it('answers the placed order, where it is, and its version', async () => {
    const placed = await anna.post('/v1/orders', body(), key());
    expect(placed.status).toBe(201);
    expect(placed.headers.get('location')).toBe(`/v1/orders/${placed.body.id}`);
    expect(placed.headers.get('etag')).toBe(`"${placed.body.version}"`);
    expect(placed.headers.get('preference-applied')).toBeNull();
    expect(placed.body).toMatchObject({ customerId: 'anna', total: { amount: 2_500, currency: 'EUR' } });
  });

  it('waits with Prefer until the stock has decided', async () => {
    const placed = await place();
    expect(placed.headers.get('preference-applied')).toBe('wait=10');
    expect(placed.body.status).toBe('awaiting_payment');
    const refused = await anna.post('/v1/orders', body('RARE'), waiting());
    expect(refused.status).toBe(201);
    expect(refused.body.status).toBe('canceled');
  });

  it('places one order for one idempotency key', async () => {
    const once = key();
    const answers = [await anna.post('/v1/orders', body(), once), await anna.post('/v1/orders', body(), once)];
    expect(answers.map((answer) => answer.status)).toEqual([201, 201]);
    expect(answers[1]!.body.id).toBe(answers[0]!.body.id);
    expect(answers[1]!.headers.get('idempotency-replayed')).toBe('true');
  });

  it('points at a sku that can not be ordered', async () => {
    const refused = await anna.post('/v1/orders', body('NOTHING'), key());
    expect(refused.status).toBe(422);
    expect(refused.body).toMatchObject({ code: 'SKU_UNKNOWN', errors: [{ pointer: '/lines/0/sku' }] });
  });

  it('lets customers order for themselves only', async () => {
    expect(await bob.post('/v1/orders', body(), key())).toMatchObject({ status: 403 });
  });

  it.each([
    ['/lines', { lines: [] }],
    ['/discount', { discount: 5 }],
    ['/lines/0/quantity', { lines: [{ sku: 'CHAIR', quantity: 0 }] }],
    ['/paymentDueAt', { paymentDueAt: '2020-01-01T00:00:00Z' }],
  ])('refuses a body that is wrong at %s', async (pointer, change) => {
    const refused = await anna.post('/v1/orders', { ...body(), ...change }, key());
    expect(refused.status).toBe(422);
    expect(refused.body.errors[0].pointer).toBe(pointer);
  });
});

describe('an order of somebody else', () => {
  it.each([
    ['GET', ''],
    ['GET', '/timeline'],
    ['GET', '/allocations'],
    ['GET', '/cancellations'],
    ['POST', '/cancellations'],
  ])('is not there: %s %s', async (method, path) => {
    const { body: order } = await place();
    const payload = method === 'POST' ? { reason: 'customer' } : undefined;
    const answer = await bob.send(method, `/v1/orders/${order.id}${path}`, payload, key());
    expect(answer).toMatchObject({ status: 404, body: { code: 'ORDER_NOT_FOUND' } });
  });

  it('is not listed', async () => {
    await place();
    expect((await bob.get('/v1/orders')).body).toEqual({ data: [], nextCursor: null });
  });
});

describe('canceling', () => {
  it('is done once, and leaves a record', async () => {
    const { body: order } = await place();
    const path = `/v1/orders/${order.id}/cancellations`;
    const canceled = await anna.post(path, { reason: 'customer', note: 'Too big' }, key());
    expect(canceled.status).toBe(201);
    expect(canceled.headers.get('location')).toBe(path);
    expect(canceled.body).toMatchObject({ reason: 'customer', note: 'Too big', canceledBy: 'customer:anna' });
    expect((await anna.get(path)).body.data).toEqual([canceled.body]);
    expect((await anna.get(`/v1/orders/${order.id}`)).body.status).toBe('canceled');
    expect(await operator.post(path, { reason: 'staff' }, key())).toMatchObject({
      status: 409,
      body: { code: 'ORDER_ALREADY_CANCELED' },
    });
  });

  it('takes no other reason from a customer', async () => {
    const { body: order } = await place();
    const refused = await anna.post(`/v1/orders/${order.id}/cancellations`, { reason: 'fraud' }, key());
    expect(refused).toMatchObject({ status: 403, body: { code: 'REASON_NOT_ALLOWED' } });
  });
});

describe('shipping', () => {
  it('is refused before the order is paid', async () => {
    const { body: order } = await place();
    const shipment = { carrier: 'DHL', trackingNumber: 'JD01' };
    const refused = await operator.post(`/v1/orders/${order.id}/shipments`, shipment);
    expect(refused).toMatchObject({ status: 409, body: { code: 'ORDER_NOT_PAID' } });
  });

  it('ends what can be canceled', async () => {
    const { body: order } = await place();
    const payment = { gateway: 'manual', reference: randomUUID(), amount: order.total };
    expect(await operator.post(`/v1/orders/${order.id}/payments`, payment, key())).toMatchObject({ status: 201 });
    await eventually(async () => (await anna.get(`/v1/orders/${order.id}`)).body.status === 'preparing');

    const shipment = { carrier: 'DHL', trackingNumber: 'JD01' };
    const shipped = await operator.post(`/v1/orders/${order.id}/shipments`, shipment);
    expect(shipped).toMatchObject({ status: 201, body: { status: 'shipped', shipment } });
    const refused = await anna.post(`/v1/orders/${order.id}/cancellations`, { reason: 'customer' }, key());
    expect(refused).toMatchObject({ status: 409, body: { code: 'ORDER_ALREADY_SHIPPED' } });
  });
});

describe('what is told of an order', () => {
  it('is its timeline and where its stock comes from', async () => {
    const { body: order } = await place();
    const told = await eventually(async () => {
      const { data } = (await anna.get(`/v1/orders/${order.id}/timeline`)).body;
      return data.length === 2 && data;
    });
    expect(told.map((entry: { text: string }) => entry.text)).toEqual(['Order placed with 1 line', 'CHAIR allocated']);
    expect((await anna.get(`/v1/orders/${order.id}/allocations`)).body.data).toMatchObject([
      { sku: 'CHAIR', state: 'allocated', quantity: 2 },
    ]);
  });
});
