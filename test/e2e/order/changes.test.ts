import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createTestDatabase, type TestDatabase } from '../../support/database.js';
import { type HttpClient } from '../../support/http.js';
import { type Service, startService } from '../../support/service.js';
import { newKey, placingOf, stock, untilOrderIs } from '../shop.js';

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
});
afterAll(async () => {
  await service.stop();
  await database.drop();
});

const place = async (...quantities: number[]) => {
  const lines = quantities.map((quantity) => ({ sku: 'CHAIR', quantity }));
  const body = { ...placingOf('anna', 'CHAIR'), lines };
  return (await anna.post('/v1/orders', body, { ...newKey(), prefer: 'wait=10' })).body;
};
const shippingInfo = placingOf('anna', 'CHAIR').shippingInfo;
const moved = { ...shippingInfo, address: { ...shippingInfo.address, line1: 'Example street 2' } };
const shipped = async () => {
  const order = await place(1);
  const payment = { gateway: 'manual', reference: randomUUID(), amount: order.total };
  await operator.post(`/v1/orders/${order.id}/payments`, payment, newKey());
  await untilOrderIs('preparing', operator, order.id);
  const shipment = { carrier: 'DHL', trackingNumber: `JD-${order.id}` };
  return (await operator.post(`/v1/orders/${order.id}/shipments`, shipment)).body;
};

describe('PUT /v1/orders/{id}/shipping-info', () => {
  const put = (client: HttpClient, id: string, version?: string, body: object = moved) =>
    client.put(`/v1/orders/${id}/shipping-info`, body, version === undefined ? {} : { 'if-match': version });

  it('needs to know which version is meant', async () => {
    const order = await place(1);
    expect(await put(anna, order.id)).toMatchObject({ status: 428, body: { code: 'IF_MATCH_REQUIRED' } });
  });

  it('changes that version, and answers the order as it is then', async () => {
    const order = await place(1);
    const etag = (await anna.get(`/v1/orders/${order.id}`)).headers.get('etag')!;
    const changed = await put(anna, order.id, etag);
    expect(changed).toMatchObject({ status: 200, body: { shippingInfo: moved, version: order.version + 1 } });
    expect(changed.headers.get('etag')).toBe(`"${order.version + 1}"`);
  });

  it.each(['"0"', 'W/"1"', '1', '"x"', '"0", "9999"'])('refuses another one: %s', async (version) => {
    const order = await place(1);
    expect(await put(anna, order.id, version)).toMatchObject({
      status: 412,
      body: { code: 'VERSION_MISMATCH', currentVersion: order.version },
    });
    expect((await anna.get(`/v1/orders/${order.id}`)).body.shippingInfo).toEqual(shippingInfo);
  });

  it('takes any version for *, and one of several', async () => {
    const order = await place(1);
    expect((await put(anna, order.id, '*')).status).toBe(200);
    expect((await put(operator, order.id, `"0", "${order.version + 1}"`, shippingInfo)).status).toBe(200);
  });

  it('is for the owner, and before the order is shipped', async () => {
    const order = await shipped();
    expect(await put(bob, order.id, '*')).toMatchObject({ status: 404 });
    expect(await put(anna, order.id, '*')).toMatchObject({ status: 409, body: { code: 'ORDER_ALREADY_SHIPPED' } });
  });
});

describe('POST /v1/orders/{id}/delivery', () => {
  it('ends what was shipped, once', async () => {
    const order = await shipped();
    const answers = [];
    for (let i = 0; i < 2; i++) answers.push(await operator.post(`/v1/orders/${order.id}/delivery`));
    const delivered = { status: 200, body: { status: 'delivered', version: order.version + 1 } };
    expect(answers).toMatchObject([delivered, delivered]);
    expect(answers[0]!.headers.get('etag')).toBe(`"${order.version + 1}"`);
    expect(await anna.post(`/v1/orders/${order.id}/delivery`)).toMatchObject({ status: 403 });
  });

  it('is refused before, and for another version where one is meant', async () => {
    const order = await place(1);
    const path = `/v1/orders/${order.id}/delivery`;
    expect(await operator.post(path)).toMatchObject({ status: 409, body: { code: 'ORDER_NOT_SHIPPED' } });
    const stale = await operator.post(path, undefined, { 'if-match': '"0"' });
    expect(stale).toMatchObject({ status: 412, body: { currentVersion: order.version } });
  });
});

describe('canceling units of lines', () => {
  it('leaves the rest of the order, and says what it is worth', async () => {
    const order = await place(3, 2);
    const [three] = order.lines;
    const path = `/v1/orders/${order.id}/cancellations`;
    const lines = [{ lineId: three.lineId, quantity: 1 }];
    const once = newKey();
    const canceled = await anna.post(path, { reason: 'customer', lines }, once);
    expect(canceled).toMatchObject({
      status: 201,
      body: { lines: [{ quantity: 1, keep: 2, amount: { amount: 1_250, currency: 'EUR' } }] },
    });
    expect((await anna.post(path, { reason: 'customer', lines }, once)).body).toEqual(canceled.body);
    expect((await anna.get(`/v1/orders/${order.id}`)).body).toMatchObject({
      total: { amount: 6_250 },
      openTotal: { amount: 5_000 },
      lines: [
        { quantity: 3, open: 2 },
        { quantity: 2, open: 2 },
      ],
    });
  });

  it('refuses what is not there to be canceled', async () => {
    const order = await place(3);
    const [{ lineId }] = order.lines;
    const cancel = (...lines: object[]) =>
      anna.post(`/v1/orders/${order.id}/cancellations`, { reason: 'customer', lines }, newKey());
    expect(await cancel({ lineId, quantity: 4 })).toMatchObject({
      status: 409,
      body: { code: 'QUANTITY_NOT_OPEN', lineId, open: 3 },
    });
    expect(await cancel({ lineId, quantity: 1 }, { lineId, quantity: 1 })).toMatchObject({
      status: 422,
      body: { code: 'LINE_REPEATED', errors: [{ pointer: '/lines/1/lineId' }] },
    });
    expect(await cancel({ lineId: randomUUID(), quantity: 1 })).toMatchObject({
      status: 422,
      body: { code: 'LINE_UNKNOWN', errors: [{ pointer: '/lines/0/lineId' }] },
    });
    expect((await anna.get(`/v1/orders/${order.id}/cancellations`)).body.data).toEqual([]);
  });
});

describe('GET /v1/orders', () => {
  it('finds by what is asked for', async () => {
    const order = await shipped();
    const found = async (query: string) =>
      ((await anna.get(`/v1/orders?${query}`)).body.data as { id: string }[]).map(({ id }) => id);
    const since = encodeURIComponent(order.placedAt);
    for (const query of [`q=JD-${order.id}`, `q=${order.id}`, `q=${order.id}%20ada`, `placedFrom=${since}`]) {
      expect([query, await found(query)]).toEqual([query, [order.id]]);
    }
    expect(await found(`q=${order.id}&sku=CHAIR&status=shipped&refundStatus=none`)).toEqual([order.id]);
    expect(await found(`placedTo=${since}&q=${order.id}`)).toEqual([]);
  });

  it.each([
    'status=sold',
    'placedFrom=yesterday',
    'refundStatus=maybe',
    'q=',
    'q=a%20b%20c%20d%20e%20f',
    'q=a&q=b',
    'to=1',
  ])('refuses a query that it does not understand: %s', async (query) => {
    expect(await anna.get(`/v1/orders?${query}`)).toMatchObject({ status: 400 });
  });
});
