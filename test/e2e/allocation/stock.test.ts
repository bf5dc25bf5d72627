import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createTestDatabase, type TestDatabase } from '../../support/database.js';
import { eventually } from '../../support/eventually.js';
import type { Answer, HttpClient } from '../../support/http.js';
import { startService, type Service } from '../../support/service.js';
import { placeOrder } from '../shop.js';

let database: TestDatabase;
let services: Service[];
let http: HttpClient;

beforeAll(async () => {
  database = await createTestDatabase();
  // One after the other: the first one migrates what the template may lack.
  services = [await startService({ databaseUrl: database.url })];
  services.push(await startService({ databaseUrl: database.url }));
  http = services[0]!.http;
});
afterAll(async () => {
  await Promise.all(services.map((service) => service.stop()));
  await database.drop();
});

const chair = { name: 'Chair', unitPrice: { amount: 4_999, currency: 'EUR' } };
const line = (sku: string, quantity: number) => ({ orderId: randomUUID(), lineId: randomUUID(), sku, quantity });
const allocate = (body: object, client = http, key: string = randomUUID()): Promise<Answer> =>
  client.post('/v1/allocations', body, { 'idempotency-key': key });
const release = (of: { orderId: string; lineId: string }) => http.delete(`/v1/allocations/${of.orderId}/${of.lineId}`);
const times = <T>(n: number, make: (i: number) => T): T[] => Array.from({ length: n }, (_, i) => make(i));

describe('two instances and a stock of 100', () => {
  it('serve 20 of 40 parallel allocations of 5, in 20 of 20 runs', async () => {
    for (const run of times(20, (i) => i)) {
      const sku = `BARRIER-${run}`;
      await http.post('/v1/batches', { ref: `${sku}-1`, sku, quantity: 100 });

      const answers = await Promise.all(times(40, (i) => allocate(line(sku, 5), services[i % 2]!.http)));

      expect(answers.map(({ status }) => status)).toEqual(times(40, () => 200));
      const states = answers.map(({ body }) => body.state as string);
      expect(states.filter((state) => state === 'allocated')).toHaveLength(20);
      expect(states.filter((state) => state === 'out_of_stock')).toHaveLength(20);
      expect((await http.get(`/v1/batches/${sku}-1`)).body).toMatchObject({ quantity: 100, allocated: 100 });
    }
  }, 60_000);
});

describe('a product', () => {
  it('is new once, and then redefined', async () => {
    const created = await http.put('/v1/products/CHAIR', chair);
    expect(created.status).toBe(201);
    expect(created.headers.get('location')).toBe('/v1/products/CHAIR');
    expect(created.body).toEqual({ sku: 'CHAIR', ...chair, active: true, backorderPolicy: 'deny' });

    const redefined = await http.put('/v1/products/CHAIR', { ...chair, name: 'Good chair', backorderPolicy: 'allow' });
    expect(redefined.status).toBe(200);
    expect((await http.get('/v1/products/CHAIR')).body).toEqual(redefined.body);
    expect(redefined.body).toMatchObject({ name: 'Good chair', backorderPolicy: 'allow' });
  });

  it('has no price while only its batches are known', async () => {
    await http.post('/v1/batches', { ref: 'UNPRICED-1', sku: 'UNPRICED', quantity: 1 });

    expect((await http.get('/v1/products/UNPRICED')).body).toMatchObject({
      name: null,
      unitPrice: null,
      active: false,
    });
  });

  it('that nobody has heard of is 404', async () => {
    expect(await http.get('/v1/products/NOWHERE')).toMatchObject({ status: 404, body: { code: 'PRODUCT_NOT_FOUND' } });
  });
});

describe('the list', () => {
  it('of batches shows each of them once, newest first, page by page', async () => {
    const refs = ['PAGE-1', 'PAGE-2', 'PAGE-3'];
    for (const ref of refs) await http.post('/v1/batches', { ref, sku: 'PAGE', quantity: 1 });

    const first = await http.get('/v1/batches?sku=PAGE&limit=2');
    const second = await http.get(`/v1/batches?sku=PAGE&limit=2&cursor=${first.body.nextCursor}`);

    const shown = [...first.body.data, ...second.body.data].map((batch: { ref: string }) => batch.ref);
    expect(shown).toEqual([...refs].reverse());
    expect(second.body.nextCursor).toBeNull();
  });

  it('of products begins with the newest', async () => {
    await http.put('/v1/products/NEWEST', chair);

    const { body } = await http.get('/v1/products?limit=1');

    expect(body.data).toEqual([expect.objectContaining({ sku: 'NEWEST' })]);
    expect(body.nextCursor).toBe('NEWEST');
  });
});

describe('a batch', () => {
  const given = { ref: 'B-1', sku: 'BATCHED', quantity: 10, eta: '2030-04-01' };

  it('is new once, and the same again when it is sent again', async () => {
    const first = await http.post('/v1/batches', given);
    const again = await http.post('/v1/batches', given);

    expect([first.status, again.status]).toEqual([201, 200]);
    expect(first.headers.get('location')).toBe('/v1/batches/B-1');
    expect(first.body).toEqual({ ...given, allocated: 0, shipped: 0 });
    expect(again.body).toEqual(first.body);
  });

  it.each([
    ['quantity', { quantity: 11 }],
    ['eta', { eta: null }],
    ['sku', { sku: 'OTHER' }],
  ])('is refused with another %s under the same ref', async (_, change) => {
    const { status, body } = await http.post('/v1/batches', { ...given, ...change });

    expect({ status, code: body.code }).toEqual({ status: 409, code: 'BATCH_EXISTS' });
  });

  it.each(['0000-01-01', '2030-02-30', 'soon'])('is refused with the eta %s', async (eta) => {
    expect(await http.post('/v1/batches', { ...given, ref: 'B-2', eta })).toMatchObject({
      status: 422,
      body: { errors: [{ pointer: '/eta' }] },
    });
  });
});

describe('a batch that changes', () => {
  const change = (ref: string, field: string, body: object) => http.put(`/v1/batches/${ref}/${field}`, body);
  const code = ({ status, body }: Answer) => ({ status, code: body.code });

  beforeAll(async () => {
    await http.put('/v1/products/CHANGED', chair);
    await http.post('/v1/batches', { ref: 'CHANGED-1', sku: 'CHANGED', quantity: 5 });
    await http.post('/v1/batches', { ref: 'CHANGED-2', sku: 'CHANGED', quantity: 2, eta: '2030-04-01' });
  });

  it('has another quantity, and moves what it can not serve', async () => {
    const [first, second] = [line('CHANGED', 3), line('CHANGED', 2)];
    for (const each of [first, second]) await allocate(each);

    const changed = await change('CHANGED-1', 'quantity', { quantity: 4, expectedQuantity: 5 });

    expect(changed).toMatchObject({ status: 200, body: { ref: 'CHANGED-1', quantity: 4, allocated: 3 } });
    expect((await allocate(second)).body).toMatchObject({ state: 'allocated', batches: [{ ref: 'CHANGED-2' }] });
    await change('CHANGED-1', 'quantity', { quantity: 0 });
    expect((await allocate(first)).body).toMatchObject({ state: 'backordered', quantity: 3, batches: [] });
    await change('CHANGED-1', 'quantity', { quantity: 5 });
    expect((await allocate(first)).body).toMatchObject({ state: 'allocated', batches: [{ ref: 'CHANGED-1' }] });
  });

  it('is left alone when somebody was faster', async () => {
    const refused = await change('CHANGED-1', 'quantity', { quantity: 7, expectedQuantity: 6 });

    expect(refused).toMatchObject({ status: 409, body: { code: 'QUANTITY_CHANGED', currentQuantity: 5 } });
    expect((await http.get('/v1/batches/CHANGED-1')).body).toMatchObject({ quantity: 5 });
  });

  it('is expected on another day, and received', async () => {
    const { body: later } = await http.get('/v1/products/CHANGED/availability?date=2030-04-01');
    expect(later).toMatchObject({ available: 2, batches: [{ ref: 'CHANGED-1', eta: null, available: 2 }], later: [] });

    const delayed = await change('CHANGED-2', 'eta', { eta: '2030-05-01' });
    expect(delayed).toMatchObject({ status: 200, body: { eta: '2030-05-01' } });
    await change('CHANGED-2', 'quantity', { quantity: 3 });
    expect((await http.get('/v1/products/CHANGED/availability')).body).toEqual({
      sku: 'CHANGED',
      date: null,
      available: 2,
      batches: [{ ref: 'CHANGED-1', eta: null, available: 2 }],
      later: [{ date: '2030-05-01', available: 3 }],
    });

    const received = await http.post('/v1/batches/CHANGED-2/receipt');
    expect(received).toMatchObject({ status: 200, body: { eta: null } });
    expect((await http.post('/v1/batches/CHANGED-2/receipt')).body).toEqual(received.body);
    expect((await http.get('/v1/products/CHANGED/availability')).body).toMatchObject({ available: 3, later: [] });
  });

  it('that nobody has heard of is 404', async () => {
    const unknown = { status: 404, code: 'BATCH_NOT_FOUND' };

    expect(code(await change('NOWHERE', 'quantity', { quantity: 1 }))).toEqual(unknown);
    expect(code(await change('NOWHERE', 'eta', { eta: '2030-04-01' }))).toEqual(unknown);
    expect(code(await http.post('/v1/batches/NOWHERE/receipt'))).toEqual(unknown);
    const availability = await http.get('/v1/products/NOWHERE/availability');
    expect(code(availability)).toEqual({ status: 404, code: 'PRODUCT_NOT_FOUND' });
  });

  it('leaves books behind that add up', async () => {
    expect(await http.get('/v1/stock-check')).toMatchObject({ status: 200, body: { data: [] } });
  });
});

describe("a team's allocation", () => {
  beforeAll(async () => {
    await http.post('/v1/batches', { ref: 'TEAM-1', sku: 'TEAM', quantity: 10 });
  });

  it('says from which batches it comes, and the same when it is asked for again', async () => {
    const wanted = line('TEAM', 2);
    const key = randomUUID();

    const first = await allocate(wanted, http, key);
    const replayed = await allocate(wanted, http, key);
    const again = await allocate(wanted);

    const batches = [{ ref: 'TEAM-1', quantity: 2, eta: null }];
    expect(first).toMatchObject({ status: 200, body: { ...wanted, state: 'allocated', batches } });
    expect(replayed.headers.get('idempotency-replayed')).toBe('true');
    expect([replayed.body, again.body]).toEqual([first.body, first.body]);
  });

  it('can wait for stock', async () => {
    await http.put('/v1/products/WAITED', { ...chair, backorderPolicy: 'allow' });

    expect(await allocate(line('WAITED', 2))).toMatchObject({
      status: 200,
      body: { state: 'backordered', batches: [] },
    });
  });

  it('can be out of stock, and stays that in its answer', async () => {
    const wanted = line('TEAM', 1_000);

    expect(await allocate(wanted)).toMatchObject({ status: 200, body: { state: 'out_of_stock', batches: [] } });
    expect(await allocate(wanted)).toMatchObject({ status: 200, body: { state: 'out_of_stock' } });
  });

  it('is released', async () => {
    const wanted = line('TEAM', 3);
    await allocate(wanted);

    const released = await release(wanted);

    expect(released).toMatchObject({ status: 200, body: { state: 'released', quantity: 0, batches: [] } });
    expect((await release(wanted)).body).toEqual(released.body);
  });

  it('of an unknown sku is refused', async () => {
    expect(await allocate(line('NOWHERE', 1))).toMatchObject({
      status: 422,
      body: { code: 'SKU_UNKNOWN', errors: [{ pointer: '/sku' }] },
    });
  });

  it('that nobody asked for can not be released', async () => {
    expect(await release(line('TEAM', 1))).toMatchObject({ status: 404, body: { code: 'ALLOCATION_NOT_FOUND' } });
  });
});

describe('an order of ours', () => {
  it('has its stock allocated, keeps it from teams, and gives it back when it is canceled', async () => {
    await http.put('/v1/products/OURS', chair);
    await http.post('/v1/batches', { ref: 'OURS-1', sku: 'OURS', quantity: 5 });
    const orderId = await placeOrder(http, 'anna', 'OURS');

    const { body } = await http.get(`/v1/orders/${orderId}/allocations`);
    const [allocation] = body.data;
    expect(allocation).toMatchObject({ sku: 'OURS', state: 'allocated', batches: [{ ref: 'OURS-1', quantity: 1 }] });

    const refused = await release({ orderId, lineId: allocation.lineId });
    expect(refused).toMatchObject({ status: 409, body: { code: 'ALLOCATION_BELONGS_TO_ORDER' } });

    const cancellation = { reason: 'customer' };
    await http.post(`/v1/orders/${orderId}/cancellations`, cancellation, { 'idempotency-key': randomUUID() });
    await eventually(async () => (await http.get('/v1/batches/OURS-1')).body.allocated === 0);
  });
});
