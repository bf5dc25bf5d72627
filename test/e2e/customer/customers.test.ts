import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createTestDatabase, type TestDatabase } from '../../support/database.js';
import { eventually } from '../../support/eventually.js';
import { type Answer, type HttpClient } from '../../support/http.js';
import { type Service, startService } from '../../support/service.js';
import { createIdentities } from '../identities.js';
import { cancelOrder, openPayment, placeOrder, sandboxOf, stock, untilOrderIs, untilRefunded } from '../shop.js';

let database: TestDatabase;
let identities: Awaited<ReturnType<typeof createIdentities>>;
let service: Service;
let operator: HttpClient;

beforeAll(async () => {
  [database, identities] = await Promise.all([createTestDatabase(), createIdentities()]);
  service = await startService({ databaseUrl: database.url, env: identities.env });
  operator = service.http.with(identities.operator);
  await stock(operator, 'LAMP', 100);
});
afterAll(async () => {
  await service.stop();
  await identities.close();
  await database.drop();
});

const customer = async (id: string): Promise<HttpClient> => service.http.with(await identities.customer(id));
const patch = (caller: HttpClient, id: string, body: object, headers = {}): Promise<Answer> =>
  caller.send('PATCH', `/v1/customers/${id}`, body, headers);

describe('POST /v1/customers', () => {
  it('registers a customer under the id of their token, once', async () => {
    const ada = await customer('ada');
    const body = { email: 'ada@example.com', firstName: 'Ada' };
    const answers = [await ada.post('/v1/customers', body), await ada.post('/v1/customers', { id: 'ada', ...body })];

    expect(answers.map(({ status }) => status)).toEqual([201, 200]);
    for (const answer of answers) {
      expect(answer.headers.get('location')).toBe('/v1/customers/ada');
      expect(answer.headers.get('etag')).toBe('"1"');
      expect(answer.body).toEqual({
        id: 'ada',
        email: 'ada@example.com',
        firstName: 'Ada',
        lastName: null,
        phone: null,
        purchases: 0,
        vipSince: null,
        registeredAt: expect.any(String),
        erasedAt: null,
        version: 1,
      });
    }
  });

  it('lets customers register themselves only', async () => {
    const body = { id: 'somebody', email: 'somebody@example.com', firstName: 'Some' };
    expect(await (await customer('ada')).post('/v1/customers', body)).toMatchObject({
      status: 403,
      body: { code: 'CUSTOMER_NOT_CALLER' },
    });
  });

  it('lets operators give an id, or makes one', async () => {
    const given = await operator.post('/v1/customers', { id: 'b/ob', email: 'bob@example.com', firstName: 'Bob' });
    expect(given.headers.get('location')).toBe('/v1/customers/b%2Fob');
    const made = await operator.post('/v1/customers', { email: 'cora@example.com', firstName: 'Cora' });
    expect(made.body.id).toMatch(/^[0-9a-f-]{36}$/);
    for (const { headers, body } of [given, made]) {
      expect((await operator.get(headers.get('location')!)).body).toEqual(body);
    }
  });

  it.each([
    ['CUSTOMER_EXISTS', { id: 'ada', email: 'ada@example.com', firstName: 'Eda' }],
    ['EMAIL_TAKEN', { id: 'eda', email: 'ADA@example.com', firstName: 'Eda' }],
  ])('answers 409 %s', async (code, body) => {
    expect(await operator.post('/v1/customers', body)).toMatchObject({ status: 409, body: { code } });
  });
});

describe('a registered customer', () => {
  let dora: HttpClient;

  beforeAll(async () => {
    dora = await customer('dora');
    await dora.post('/v1/customers', { email: 'dora@example.com', firstName: 'Dora', phone: '+49 30 1' });
  });

  it('changes a part of the profile, and only the version that was read', async () => {
    const { headers } = await dora.get('/v1/customers/dora');
    const ifMatch = { 'if-match': headers.get('etag')! };
    const changed = await patch(dora, 'dora', { lastName: 'Diaz', phone: null }, ifMatch);

    expect(changed.body).toMatchObject({ firstName: 'Dora', lastName: 'Diaz', phone: null, version: 2 });
    expect(changed.headers.get('etag')).toBe('"2"');
    expect(await patch(dora, 'dora', { lastName: 'Late' }, ifMatch)).toMatchObject({
      status: 412,
      body: { code: 'VERSION_MISMATCH', currentVersion: 2 },
    });
    expect(await patch(dora, 'dora', { email: 'ada@example.com' })).toMatchObject({
      status: 409,
      body: { code: 'EMAIL_TAKEN' },
    });
  });

  it('is unknown to other customers in every operation', async () => {
    const other = await customer('other');
    const answers = await Promise.all([
      other.get('/v1/customers/dora'),
      patch(other, 'dora', { firstName: 'Mallory' }),
      other.delete('/v1/customers/dora'),
      other.get('/v1/customers/dora/purchases'),
      other.get('/v1/customers/dora/export'),
    ]);

    expect(answers.map(({ status }) => status)).toEqual([404, 404, 404, 404, 404]);
    expect((await other.get('/v1/customers')).status).toBe(403);
    expect((await dora.get('/v1/customers/dora')).body).toMatchObject({ firstName: 'Dora', erasedAt: null });
  });
});

describe('GET /v1/customers', () => {
  it('lists every customer once over its pages, newest first, and finds one by mail', async () => {
    const seen: { id: string; registeredAt: string }[] = [];
    for (let cursor: string | null = ''; cursor !== null;) {
      const after: string = cursor && `&cursor=${encodeURIComponent(cursor)}`;
      const { body } = await operator.get(`/v1/customers?limit=2${after}`);
      seen.push(...body.data);
      cursor = body.nextCursor;
    }

    const registered = seen.filter(({ registeredAt }) => registeredAt !== null);
    expect(registered.length).toBeGreaterThanOrEqual(4);
    expect(new Set(seen.map(({ id }) => id)).size).toBe(seen.length);
    expect(registered.map((each) => each.registeredAt)).toEqual(
      registered
        .map((each) => each.registeredAt)
        .toSorted()
        .toReversed(),
    );
    expect((await operator.get('/v1/customers?email=DORA@example.com')).body).toMatchObject({
      data: [{ id: 'dora' }],
      nextCursor: null,
    });
  });
});

describe('a customer who buys', () => {
  const paidOrders = async (emma: HttpClient, count: number): Promise<string[]> => {
    const orders = await Promise.all(Array.from({ length: count }, () => placeOrder(emma, 'emma', 'LAMP')));
    const intents = await Promise.all(orders.map((orderId) => openPayment(emma, orderId)));
    await Promise.all(intents.map((intent) => sandboxOf(service).pay(intent)));
    await Promise.all(orders.map((orderId) => untilOrderIs('preparing', emma, orderId)));
    return orders;
  };

  it('is a VIP after three orders that are paid at the same moment, and gets the offer with the fourth', async () => {
    const emma = await customer('emma');
    const orders = await paidOrders(emma, 3);
    const { vipSince } = await eventually(async () => {
      const { body } = await emma.get('/v1/customers/emma');
      return body.vipSince ? body : undefined;
    });

    const fourth = await eventually(async () => {
      const { body } = await emma.get(`/v1/orders/${await placeOrder(emma, 'emma', 'LAMP')}`);
      return body.lines[0].discount ? body : undefined;
    });
    expect(fourth.lines[0]).toMatchObject({ discount: { amount: 62 }, lineTotal: { amount: 1_188 } });

    const { data } = (await emma.get('/v1/customers/emma/purchases')).body;
    expect(data.map((purchase: { orderId: string }) => purchase.orderId).toSorted()).toEqual(orders.toSorted());
    const { events } = (await operator.get('/v1/events?type=customer.became-vip&sourceId=emma')).body;
    expect(events).toMatchObject([{ data: { customerId: 'emma', vipSince } }]);
  });

  it('stays a VIP when an order is canceled, which counts no longer', async () => {
    const emma = await customer('emma');
    const { data } = (await emma.get('/v1/customers/emma/purchases?limit=1')).body;
    await cancelOrder(emma, data[0].orderId);
    await untilRefunded(operator, data[0].orderId);

    await eventually(async () => (await emma.get('/v1/customers/emma')).body.purchases === 2);
    const { body } = await emma.get('/v1/customers/emma/purchases?limit=1');
    expect(body.data).toMatchObject([{ orderId: data[0].orderId, canceledAt: expect.any(String) }]);
    expect((await emma.get('/v1/customers/emma')).body.vipSince).toEqual(expect.any(String));
  });
});
