import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Client } from 'pg';
import { createTestDatabase, type TestDatabase } from '../../support/database.js';
import { eventually } from '../../support/eventually.js';
import { type Service, startService } from '../../support/service.js';
import { placeOrder, stock } from '../shop.js';

interface Letter {
  readonly id: string;
  readonly type: string;
  readonly stream: { readonly id: string } | null;
}

describe('a service whose timeline fails for some orders', () => {
  let database: TestDatabase;
  let service: Service;
  let client: Client;
  let orders: string[];

  beforeAll(async () => {
    database = await createTestDatabase();
    service = await startService({ databaseUrl: database.url, env: { MESSAGING_RETRY: '10ms,10ms' } });
    client = new Client({ connectionString: database.url });
    await client.connect();
    await stock(service.http, 'LAMP', 10);
    await client.query(`alter table orders.timeline add constraint broken check (type <> 'order.placed') not valid`);
    orders = [];
    for (const customer of ['a', 'b', 'c']) orders.push(await placeOrder(service.http, customer, 'LAMP'));
    await eventually(async () => (await list()).length === 3);
  });
  afterAll(async () => {
    await client.end();
    await service.stop();
    await database.drop();
  });

  const list = async (query = '') => (await page(query)).data;
  const page = async (query: string) =>
    (await service.http.get(`/v1/dead-letters${query}`)).body as { data: Letter[]; nextCursor: string | null };
  const letterOf = async (orderId: string) => (await list(`?streamId=${orderId}`))[0]!;
  const timelineOf = async (orderId: string) => {
    const { body } = await service.http.get(`/v1/orders/${orderId}/timeline`);
    return (body.data as { type: string }[]).map(({ type }) => type);
  };

  it('lists what it gave up, newest first, page by page', async () => {
    const first = await page('?limit=2');
    const second = await page(`?limit=2&cursor=${first.nextCursor}`);

    expect([...first.data, ...second.data]).toEqual(await list());
    expect(first.data).toHaveLength(2);
    expect(second.nextCursor).toBeNull();
    expect(first.data[0]).toMatchObject({
      kind: 'event',
      consumer: 'order.timeline',
      type: 'order.placed',
      attempts: 3,
      error: expect.stringContaining('"broken"'),
    });
  });

  it('finds them by consumer, type and stream', async () => {
    expect(await list('?consumer=order.timeline&type=order.placed')).toHaveLength(3);
    expect((await list(`?streamId=${orders[1]}`)).map(({ stream }) => stream?.id)).toEqual([orders[1]]);
    expect(await list('?consumer=order.timeline&type=order.canceled')).toEqual([]);
  });

  it('shows one with every attempt, its error and its stack', async () => {
    const { body } = await service.http.get(`/v1/dead-letters/${(await letterOf(orders[0]!)).id}`);

    expect(body).toMatchObject({ type: 'order.placed', payload: { orderId: orders[0] }, headers: expect.any(Object) });
    expect(body.history).toMatchObject([{ attempt: 1 }, { attempt: 2 }, { attempt: 3 }]);
    expect(body.history[2]).toMatchObject({
      at: expect.stringMatching(/Z$/),
      stack: expect.stringContaining('    at '),
    });
    expect(JSON.stringify(body)).not.toContain('Ada Example');
  });

  it('tries one again when an operator says so, and keeps who did', async () => {
    const { id } = await letterOf(orders[0]!);
    expect(await service.http.post(`/v1/dead-letters/${id}/retry`)).toMatchObject({
      status: 202,
      body: { retried: 1 },
    });
    // The cause is still there, so it comes back.
    const history = await eventually(async () => {
      const { status, body } = await service.http.get(`/v1/dead-letters/${id}`);
      return status === 200 && body.history.length === 7 && body.history;
    });
    expect(history[3]).toMatchObject({ action: 'retried', actor: 'operator:local' });
  });

  it('goes on without one that an operator discards', async () => {
    const { id } = await letterOf(orders[2]!);
    expect(await service.http.post(`/v1/dead-letters/${id}/discard`, { reason: 'a test order' })).toMatchObject({
      status: 204,
      body: '',
    });
    const { rows } = await client.query('select id, reason, actor from messaging.discarded_message');
    expect(rows).toEqual([{ id, reason: 'a test order', actor: 'operator:local' }]);
    expect(await list(`?streamId=${orders[2]}`)).toEqual([]);
  });

  it('handles all of them, each once, when the cause is mended and an operator retries those that match', async () => {
    await client.query('alter table orders.timeline drop constraint broken');
    const none = await service.http.post('/v1/dead-letters/retry', { filter: { type: 'order.canceled' } });
    expect(none).toMatchObject({ status: 202, body: { retried: 0 } });
    const all = await service.http.post('/v1/dead-letters/retry', { filter: { consumer: 'order.timeline' } });
    expect(all).toMatchObject({ status: 202, body: { retried: 2 } });

    await eventually(async () => (await timelineOf(orders[0]!)).includes('order.placed'));
    await eventually(async () => (await timelineOf(orders[1]!)).includes('order.placed'));
    expect((await timelineOf(orders[0]!)).filter((type) => type === 'order.placed')).toHaveLength(1);
    expect(await timelineOf(orders[2]!)).not.toContain('order.placed');
    expect(await list()).toEqual([]);
  });

  it('knows nothing of what is no dead letter', async () => {
    const answers = await Promise.all([
      service.http.get('/v1/dead-letters/e999999'),
      service.http.post('/v1/dead-letters/c999999/retry'),
      service.http.post('/v1/dead-letters/e999999/discard', { reason: 'why not' }),
    ]);
    expect(answers.map(({ status, body }) => [status, body.code])).toEqual(
      answers.map(() => [404, 'DEAD_LETTER_NOT_FOUND']),
    );
  });

  it.each([{}, { filter: 'all' }, { filter: { consumers: 'x' } }])(
    'retries nothing where the filter is %j',
    async (body) => {
      expect((await service.http.post('/v1/dead-letters/retry', body)).status).toBe(422);
    },
  );
});
