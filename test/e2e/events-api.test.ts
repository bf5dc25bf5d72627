import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { eventually } from '../support/eventually.js';
import type { Answer } from '../support/http.js';
import { startService, type Service } from '../support/service.js';
import { placeOrder, stock } from './shop.js';

const BATCH = { accept: 'application/cloudevents-batch+json' };

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

  it('names the log in the link to the next page, so that whoever follows it hears of a restore', async () => {
    const { headers, body } = await service.http.get('/v1/events?limit=2');

    expect(headers.get('link')).toContain(`incarnation=${(body as Page).incarnation}`);
  });

  it('refuses another incarnation of the log, and names its own', async () => {
    const { incarnation } = await read();
    const answer = await service.http.get('/v1/events?incarnation=0198c0de-dead-7000-8000-00000000beef');

    expect(answer.status).toBe(409);
    expect(answer.body).toMatchObject({ code: 'FEED_INCARNATION_CHANGED', incarnation });
  });

  describe('to a reader who keeps pages', () => {
    const known = (answer: Answer) => ({ 'if-none-match': answer.headers.get('etag')! });

    it('promises that a full page never changes, where the address names the log', async () => {
      const { incarnation } = await read();
      for (const query of ['offset=0&limit=2', 'offset=1&limit=1&type=product.*', 'offset=0&limit=2&wait=5']) {
        const answer = await service.http.get(`/v1/events?${query}&incarnation=${incarnation}`);

        expect(answer.headers.get('cache-control')).toBe('private, max-age=86400, immutable');
        expect((await service.http.get(`/v1/events?${query}`)).headers.get('cache-control')).toBe('private, no-cache');
      }
    });

    it('promises nothing of a page that ends where the log ends, or of a refusal', async () => {
      const { incarnation, head } = await read();
      for (const query of ['offset=0&limit=1000', `offset=${head}&limit=1`, 'offset=0&type=never.*']) {
        const answer = await service.http.get(`/v1/events?${query}&incarnation=${incarnation}`);
        expect(answer.headers.get('cache-control')).toBe('private, no-cache');
      }
      const refused = await service.http.get(`/v1/events?offset=${head + 1}&incarnation=${incarnation}`);
      expect(refused.headers.get('cache-control')).toBeNull();
    });

    it('sends no page again that has not changed, be it full or the last one', async () => {
      for (const query of ['limit=2', 'limit=1000', 'type=order.*&limit=1000']) {
        const first = await service.http.get(`/v1/events?${query}`);
        const again = await service.http.get(`/v1/events?${query}`, known(first));

        expect(again.status).toBe(304);
        expect(again.body).toBe('');
        for (const name of ['etag', 'cache-control', 'vary', 'link']) {
          expect(again.headers.get(name)).toBe(first.headers.get(name));
        }
      }
      const any = { 'if-none-match': '*' };
      expect((await service.http.get('/v1/events', any)).status).toBe(304);
    });

    it('sends the last page again when there is more, at once to one who waits', async () => {
      const { head } = await read();
      const first = await service.http.get(`/v1/events?offset=${head}&limit=1000`);
      const waiting = service.http.get(`/v1/events?offset=${head}&limit=1000&wait=30`, known(first));
      await service.http.put('/v1/products/SHELF', { name: 'Shelf', unitPrice: { amount: 9900, currency: 'EUR' } });

      expect((await waiting).body.events).toMatchObject([{ source: { id: 'SHELF' } }]);
      const again = await service.http.get(`/v1/events?offset=${head}&limit=1000`, known(first));
      expect(again.status).toBe(200);
    });

    it('tells apart what the same page is as JSON and as a batch', async () => {
      const json = await service.http.get('/v1/events?limit=2');
      const batch = await service.http.get('/v1/events?limit=2', { ...BATCH, ...known(json) });

      expect(batch.status).toBe(200);
      expect(json.headers.get('vary')).toContain('Accept');
      expect((await service.http.get('/v1/events?limit=2', { ...BATCH, ...known(batch) })).status).toBe(304);
    });
  });

  describe('to a reader who wants CloudEvents', () => {
    it('gives a batch of them, with their place in the log and in their stream', async () => {
      const { events } = await read(`?sourceId=${orderId}&type=order.placed`);
      const { status, headers, body } = await service.http.get(
        `/v1/events?sourceId=${orderId}&type=order.placed`,
        BATCH,
      );
      const [event] = events as (FeedEvent & Record<string, any>)[];

      expect(status).toBe(200);
      expect(headers.get('content-type')).toMatch(/^application\/cloudevents-batch\+json/);
      expect(body).toEqual([
        {
          specversion: '1.0',
          id: event!.id,
          source: 'urn:aftercommit:order',
          type: 'order.placed',
          subject: orderId,
          time: event!.occurredAt,
          datacontenttype: 'application/json',
          position: String(event!.position),
          streamversion: 1,
          schemaversion: 1,
          correlationid: event!.headers.correlationId,
          actor: 'operator:local',
          data: event!.data,
        },
      ]);
    });

    it('has attributes as the specification wants them', async () => {
      const { body } = await service.http.get('/v1/events?limit=1000', BATCH);

      expect(body.length).toBe((await read('?limit=1000')).events.length);
      for (const { data, ...attributes } of body as Record<string, unknown>[]) {
        expect(data).toEqual(expect.any(Object));
        for (const [name, value] of Object.entries(attributes)) {
          expect(name).toMatch(/^[a-z0-9]{1,20}$/);
          expect(['string', 'number']).toContain(typeof value);
        }
      }
    });

    it('can be read on by the link, and answers errors as problems', async () => {
      const first = await service.http.get('/v1/events?limit=3', BATCH);
      const link = /^<(.+)>; rel="next"$/.exec(first.headers.get('link')!)![1]!;
      const second = await service.http.get(link, BATCH);
      const refused = await service.http.get('/v1/events?offset=1000000', BATCH);

      expect(second.body[0].position).toBe('4');
      expect(refused.status).toBe(409);
      expect(refused.headers.get('content-type')).toContain('application/problem+json');
    });
  });

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
