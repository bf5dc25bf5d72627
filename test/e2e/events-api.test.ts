import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { eventually } from '../support/eventually.js';
import { startService, type Service } from '../support/service.js';
import { placeOrder, stock } from './shop.js';

interface FeedEvent {
  readonly position: number;
  readonly type: string;
  readonly source: { readonly type: string; readonly id: string; readonly version: number } | null;
}

interface Page {
  readonly events: FeedEvent[];
  readonly nextOffset: number;
  readonly head: number;
  readonly oldest: number;
  readonly incarnation: string;
}

describe('the event API of a service where an order was placed', () => {
  let database: TestDatabase;
  let service: Service;
  let orderId: string;

  const read = async (query = '') => (await service.http.get(`/v1/events${query}`)).body as Page;

  beforeAll(async () => {
    database = await createTestDatabase();
    service = await startService({ databaseUrl: database.url });
    await stock(service.http, 'LAMP', 10);
    orderId = await placeOrder(service.http, 'c-1', 'LAMP');
    await eventually(async () => (await read('?type=product.stock-allocated')).events.length > 0 || undefined);
  });
  afterAll(async () => {
    await service.stop();
    await database.drop();
  });

  it('gives every event with its place, its name, where it comes from and who asked for it', async () => {
    const { events } = await read(`?sourceId=${orderId}&type=order.placed`);

    expect(events).toEqual([
      {
        position: expect.any(Number),
        id: expect.stringMatching(/^[0-9a-f-]{36}$/),
        type: 'order.placed',
        version: 1,
        source: { type: 'order', id: orderId, version: 1 },
        occurredAt: expect.stringMatching(/Z$/),
        data: expect.objectContaining({ orderId, customerId: 'c-1' }),
        headers: expect.objectContaining({ actor: 'operator:local', correlationId: expect.any(String) }),
        contentType: 'application/json',
      },
    ]);
  });

  it('keeps names, phones and addresses to itself', async () => {
    const page = JSON.stringify(await read());

    expect(page).toContain('order.placed');
    expect(page).not.toMatch(/Ada Example|Example street|30 1234/);
  });

  it('numbers the events from 1 without a gap, so that offsets can be counted', async () => {
    const { events, nextOffset, head, oldest } = await read();

    expect(events.map(({ position }) => position)).toEqual(events.map((_, index) => index + 1));
    expect({ nextOffset, head, oldest }).toEqual({ nextOffset: events.length, head: events.length, oldest: 1 });
  });

  it('can be read to the end page by page, by the link to the next', async () => {
    const all = (await read()).events;
    const seen: FeedEvent[] = [];
    for (let link = '/v1/events?limit=2'; seen.length < all.length;) {
      const { body, headers } = await service.http.get(link);
      seen.push(...(body as Page).events);
      link = /^<(.+)>; rel="next"$/.exec(headers.get('link') ?? '')?.[1] ?? 'no link';
    }

    expect(seen).toEqual(all);
  });

  it('can be limited to types, kinds of source, and one source, and still tells how far it looked', async () => {
    const [types, sources, source] = await Promise.all([
      read('?type=order.*'),
      read('?source=order'),
      read(`?sourceId=${orderId}`),
    ]);

    expect(types.events.every(({ type }) => type.startsWith('order.'))).toBe(true);
    expect(sources.events.every((event) => event.source?.type === 'order')).toBe(true);
    expect(source.events.every((event) => event.source?.id === orderId)).toBe(true);
    for (const { events, nextOffset, head } of [types, sources, source]) {
      expect(events.length).toBeGreaterThan(0);
      expect(nextOffset).toBe(head);
    }
  });

  it('answers a reader who waits as soon as something happens', async () => {
    const { head } = await read();
    const waiting = read(`?offset=${head}&wait=30`);
    await service.http.put('/v1/products/DESK', { name: 'Desk', unitPrice: { amount: 9900, currency: 'EUR' } });

    expect((await waiting).events[0]).toMatchObject({ position: head + 1, source: { id: 'DESK' } });
  });

  it('answers a reader who waits in vain with an empty page', async () => {
    const { head } = await read();

    expect(await read(`?offset=${head}&wait=0.05`)).toMatchObject({ events: [], nextOffset: head });
  });

  it('refuses an offset beyond the head, so that a reader of another log finds out', async () => {
    const { head } = await read();
    const answer = await service.http.get(`/v1/events?offset=${head + 1}`);

    expect(answer.status).toBe(409);
    expect(answer.body).toMatchObject({ code: 'OFFSET_BEYOND_HEAD', head });
  });

  it.each(['limit=0', 'limit=1001', 'offset=-1', 'offset=x', 'wait=31', 'type=a%25', 'since=1'])(
    'refuses %s',
    async (query) => {
      expect((await service.http.get(`/v1/events?${query}`)).status).toBe(400);
    },
  );

  it('is not for customers', async () => {
    expect((await service.http.get('/v1/events', { 'x-customer-id': 'c-1' })).status).toBe(403);
  });

  it('ends a wait when the service shuts down', async () => {
    const { head } = await read();
    const waiting = read(`?offset=${head}&wait=30`);
    await service.http.get('/health/live');

    expect(await service.stop()).toBe(0);
    expect(await waiting).toMatchObject({ events: [] });
  });
});
