import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Client } from 'pg';
import { StreamParser } from '../../src/feed-client/server-sent-events.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { EventStream } from '../support/event-stream.js';
import { eventually } from '../support/eventually.js';
import { type Service, startService } from '../support/service.js';
import { placeOrder, stock } from './shop.js';

const PER_CALLER = 6;

describe('the event stream of a service where orders were placed', () => {
  let database: TestDatabase;
  let service: Service;

  beforeAll(async () => {
    database = await createTestDatabase();
    service = await startService({ databaseUrl: database.url, env: { FEED_READERS_PER_CALLER: String(PER_CALLER) } });
    await stock(service.http, 'LAMP', 10);
    for (const customer of ['c-1', 'c-2']) await placeOrder(service.http, customer, 'LAMP');
  });
  afterAll(async () => {
    await service.stop();
    await database.drop();
  });

  const page = async (query = '') => (await service.http.get(`/v1/events${query}`)).body;
  const readers = async (kind: string) => {
    const { body } = await service.http.get('/metrics');
    return Number(new RegExp(`^aftercommit_feed_readers\\{kind="${kind}"\\} (\\d+)$`, 'm').exec(body)![1]);
  };
  const open = (query = '', headers = {}) => EventStream.open(`${service.url}/v1/events/stream${query}`, headers);
  const define = (sku: string) =>
    service.http.put(`/v1/products/${sku}`, { name: sku, unitPrice: { amount: 9900, currency: 'EUR' } });

  it('tells first which log it is, then every event as a page has it, by its position', async () => {
    const { events, incarnation, oldest } = await eventually(async () => {
      const now = await page();
      return now.events.length >= 6 && now;
    });
    const stream = await open();
    await eventually(() => stream.events.length >= events.length);
    stream.close();

    expect(stream.response.headers.get('content-type')).toBe('text/event-stream');
    expect(stream.response.headers.get('x-correlation-id')).toBeTruthy();
    const [first, ...messages] = stream.messages;
    expect(first).toMatchObject({ event: 'progress', id: '0' });
    expect(JSON.parse(first!.data)).toMatchObject({ incarnation, oldest });
    expect(stream.events.slice(0, events.length)).toEqual(events);
    expect(messages.map(({ id }) => Number(id))).toEqual(stream.events.map(({ position }) => position));
  });

  it('goes on behind the last event that a reader names, whatever the address says', async () => {
    const { head } = await page();
    const stream = await open('?offset=1', { 'last-event-id': String(head - 1) });
    await eventually(() => stream.events.length > 0);
    stream.close();

    expect(stream.events[0]!.position).toBe(head);
  });

  it('brings what happens, limited to what is asked for', async () => {
    const { head } = await page();
    const stream = await open(`?offset=${head}&type=product.*&sourceId=DESK`);
    await eventually(() => stream.messages.length > 0);
    await define('SHELF');
    await define('DESK');
    await eventually(() => stream.events.length > 0);
    stream.close();

    expect(stream.events).toMatchObject([{ type: 'product.defined', data: { sku: 'DESK' } }]);
  });

  it.each([
    ['offset=-1', {}, 400],
    ['limit=5', {}, 400],
    ['wait=5', {}, 400],
    ['incarnation=x', {}, 400],
    ['', { 'last-event-id': 'x' }, 400],
    ['', { 'last-event-id': '1e3' }, 400],
    ['offset=1000000', {}, 409],
    ['incarnation=0198c0de-dead-7000-8000-00000000beef', {}, 409],
  ])('is refused before it begins: %s %j', async (query, headers, status) => {
    const answer = await service.http.get(`/v1/events/stream?${query}`, headers);

    expect(answer.status).toBe(status);
    expect(answer.headers.get('content-type')).toContain('application/problem+json');
  });

  it('answers HEAD, and leaves no reader behind', async () => {
    const answer = await fetch(`${service.url}/v1/events/stream`, { method: 'HEAD' });

    expect(answer.status).toBe(200);
    await eventually(async () => (await readers('stream')) === 0);
  });

  it('is forgotten as soon as its reader has gone', async () => {
    const streams = await Promise.all(Array.from({ length: 3 }, () => open()));
    await eventually(async () => (await readers('stream')) === 3);
    for (const stream of streams) stream.close();

    await eventually(async () => (await readers('stream')) === 0);
  });

  it('is refused to a caller who has too many, long polls counted, until one of them ends', async () => {
    const { head } = await page();
    const streams = await Promise.all(Array.from({ length: PER_CALLER - 1 }, () => open(`?offset=${head}`)));
    const poll = service.http.get(`/v1/events?offset=${head}&wait=30`);
    await eventually(async () => (await readers('long-poll')) === 1);
    const refused = await service.http.get('/v1/events/stream');
    const refusedPoll = await service.http.get(`/v1/events?offset=${head}&wait=30`);
    const read = await service.http.get('/v1/events');

    for (const answer of [refused, refusedPoll]) {
      expect(answer.status).toBe(429);
      expect(answer.body).toMatchObject({ code: 'TOO_MANY_STREAMS', status: 429 });
      expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
    }
    expect(read.status).toBe(200);
    streams[0]!.close();
    const again = await eventually(async () => {
      const stream = await open();
      return stream.response.status === 200 && stream;
    });
    for (const stream of [...streams, again]) stream.close();
    await define('CHAIR');
    expect((await poll).status).toBe(200);
  });

  describe('whose reader takes nothing', () => {
    const EVENTS = 2_000;
    let client: Client;
    let stalled: IncomingMessage;
    let before: number;

    beforeAll(async () => {
      client = new Client({ connectionString: database.url });
      await client.connect();
      before = (await page()).head;
      // 40 MB: more than the sockets hold.
      await client.query(
        `insert into messaging.outbox (event_id, partition, stream_type, stream_id, stream_version, type, schema_version,
                                       payload, headers, occurred_at)
         select gen_random_uuid(), 1, 'product', 'HUGE', n, 'product.batch-received', 1,
                jsonb_build_object('sku', 'HUGE', 'ref', repeat('x', 20000), 'receivedAt', now()), '{}', now()
           from generate_series(1, ${EVENTS}) n`,
      );
      await eventually(async () => (await page()).head >= before + EVENTS, { within: 20_000 });
      stalled = await silentReader();
    });
    afterAll(async () => {
      stalled.destroy();
      await client.end();
    });

    async function silentReader(): Promise<IncomingMessage> {
      const sent = request(`${service.url}/v1/events/stream?offset=${before}`).end();
      const [response] = (await once(sent, 'response')) as [IncomingMessage];
      return response;
    }

    /** For how long no page of the feed was read, in ms. */
    async function unread(): Promise<number> {
      const { rows } = await client.query<{ ms: number }>(
        `select (extract(epoch from clock_timestamp() - max(query_start)) * 1000)::float8 as ms from pg_stat_activity
          where datname = current_database() and pid <> pg_backend_pid() and query like '%log_place%'`,
      );
      return rows[0]!.ms;
    }

    it('stops reading the log for it, and goes on when the reader does, with all of it in order', async () => {
      // At the log's end there would be a look a second.
      await eventually(async () => (await unread()) > 2_500);
      const resumed = performance.now();
      const ids = idsIn(stalled);
      await eventually(async () => (await unread()) < performance.now() - resumed);

      expect(await ids).toEqual(Array.from({ length: EVENTS }, (_, index) => before + 1 + index));
    });

    async function idsIn(response: IncomingMessage): Promise<number[]> {
      const parser = new StreamParser();
      const ids: number[] = [];
      for await (const chunk of response.setEncoding('utf8')) {
        const events = [...parser.push(chunk as string)].filter(({ event }) => event === 'message');
        ids.push(...events.map(({ id }) => Number(id)));
        if (ids.at(-1) === before + EVENTS) return ids;
      }
      return ids;
    }

    it('is no reason to wait at a shutdown', async () => {
      await eventually(async () => (await readers('stream')) === 0);
      stalled = await silentReader();
      const polite = await open(`?offset=${before + EVENTS}`);
      await eventually(() => polite.messages.length > 0);
      const stopping = performance.now();

      expect(await service.stop()).toBe(0);
      expect(performance.now() - stopping).toBeLessThan(5_000);
      expect(await polite.ended()).toBe('clean');
    });
  });
});
