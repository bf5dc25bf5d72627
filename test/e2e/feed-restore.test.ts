import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Client } from 'pg';
import { IncarnationChangedError, OffsetBeyondHeadError } from '../../src/feed-client/index.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { EventStream } from '../support/event-stream.js';
import { eventually } from '../support/eventually.js';
import { FeedReader } from '../support/feed-reader.js';
import { type Service, startService } from '../support/service.js';

/** Defines products: one event each. */
async function happen(service: Service, ...skus: string[]): Promise<void> {
  for (const sku of skus) {
    await service.http.put(`/v1/products/${sku}`, { name: sku, unitPrice: { amount: 100, currency: 'EUR' } });
  }
}

const read = async (service: Service, query = '') => (await service.http.get(`/v1/events${query}`)).body;
const readerOf = (service: Service, mode: 'sse' | 'long-poll') =>
  new FeedReader({ url: `${service.url}/v1/events`, mode });

describe('a service whose database was restored from a backup', () => {
  let original: TestDatabase;
  let backup: TestDatabase;
  let service: Service;
  /** What readers had seen before: three events that the backup doesn't have. */
  let before: { incarnation: string; head: number };
  let etag: string;

  beforeAll(async () => {
    original = await createTestDatabase();
    service = await startService({ databaseUrl: original.url });
    await happen(service, 'A', 'B', 'C');
    await eventually(async () => (await read(service)).head === 3);
    await service.stop();
    backup = await createTestDatabase({ copyOf: original });
    service = await startService({ databaseUrl: original.url });
    await happen(service, 'D', 'E', 'F');
    before = await eventually(async () => {
      const page = await read(service);
      return page.head === 6 && page;
    });
    etag = (await service.http.get('/v1/events?limit=2')).headers.get('etag')!;
    await service.stop();
    service = await startService({ databaseUrl: backup.url });
    // Three starts, on a machine that may be busy.
  }, 90_000);
  afterAll(async () => {
    await service.stop();
    await Promise.all([original.drop(), backup.drop()]);
  });

  it('says so in its log at the start, once', async () => {
    const { incarnation } = await read(service);

    expect(incarnation).not.toBe(before.incarnation);
    const lines = service.output().match(/the log was restored or moved[^\n]*/g)!;
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain(incarnation);
    expect(lines[0]).toContain(before.incarnation);
  });

  it('does not take a page of the old log for one of the new, though it has the same events', async () => {
    const answer = await service.http.get('/v1/events?limit=2', { 'if-none-match': etag });

    expect(answer.status).toBe(200);
    expect(answer.headers.get('etag')).not.toBe(etag);
  });

  it('keeps that incarnation over a restart', async () => {
    const { incarnation } = await read(service);
    await service.stop();
    service = await startService({ databaseUrl: backup.url });

    expect((await read(service)).incarnation).toBe(incarnation);
  });

  it.each(['/v1/events', '/v1/events/stream'])('refuses an offset that is beyond its head: %s', async (path) => {
    const answer = await service.http.get(`${path}?offset=${before.head}`);

    expect(answer.status).toBe(409);
    expect(answer.body).toMatchObject({ code: 'OFFSET_BEYOND_HEAD', head: 3 });
  });

  describe('and has grown beyond what readers had seen', () => {
    beforeAll(async () => {
      await happen(service, 'G', 'H', 'I', 'J');
      await eventually(async () => (await read(service)).head === 7);
    });

    it.each(['/v1/events', '/v1/events/stream'])('refuses the old incarnation, and names its own: %s', async (path) => {
      const answer = await service.http.get(`${path}?offset=${before.head}&incarnation=${before.incarnation}`);

      expect(answer.status).toBe(409);
      expect(answer.headers.get('content-type')).toContain('application/problem+json');
      const { incarnation } = await read(service);
      expect(answer.body).toMatchObject({ code: 'FEED_INCARNATION_CHANGED', incarnation });
    });

    it.each(['sse', 'long-poll'] as const)('ends the run of a client that goes on from before: %s', async (mode) => {
      const reader = readerOf(service, mode);
      reader.place = { incarnation: before.incarnation, offset: before.head };
      const { run } = reader.start();

      await expect(run).rejects.toBeInstanceOf(IncarnationChangedError);
      await expect(run).rejects.toMatchObject({ known: before.incarnation });
      expect(reader.handled).toEqual([]);
      expect(reader.place).toEqual({ incarnation: before.incarnation, offset: before.head });
    });

    it.each(['sse', 'long-poll'] as const)('ends the run of a client that is ahead: %s', async (mode) => {
      const reader = readerOf(service, mode);
      reader.place = { incarnation: (await read(service)).incarnation, offset: 1_000 };

      await expect(reader.start().run).rejects.toBeInstanceOf(OffsetBeyondHeadError);
      expect(reader.handled).toEqual([]);
    });

    it('is read from its beginning by a client that has decided to', async () => {
      const { incarnation, head } = await read(service);
      const reader = readerOf(service, 'sse');
      reader.place = { incarnation, offset: 0 };
      reader.start();
      await eventually(() => reader.handled.length === head);
      await reader.stop();

      expect(reader.handled.map(({ event }) => event.data.sku)).toEqual(['A', 'B', 'C', 'G', 'H', 'I', 'J']);
    });
  });
});

describe('a service that runs while its database is put back to an earlier state', () => {
  let database: TestDatabase;
  let service: Service;

  beforeEach(async () => {
    database = await createTestDatabase();
    service = await startService({ databaseUrl: database.url });
    await happen(service, 'A', 'B', 'C');
    await eventually(async () => (await read(service)).head === 3);
  });
  afterEach(async () => {
    await service.stop();
    await database.drop();
  });

  it('tells all who are waiting: a stream, a long poll, and clients of both kinds', async () => {
    const { incarnation } = await read(service);
    const clients = (['sse', 'long-poll'] as const).map((mode) => readerOf(service, mode).start());
    await eventually(() => clients.every(({ handled }) => handled.length === 3));
    const stream = await EventStream.open(`${service.url}/v1/events/stream?offset=3`);
    await eventually(() => stream.messages.length > 0);
    const poll = service.http.get(`/v1/events?offset=3&wait=30`);
    await eventually(async () => /kind="long-poll"} 2$/m.test((await service.http.get('/metrics')).body));
    await putBackTo(1, database);

    expect((await poll).body).toMatchObject({ status: 409, code: 'FEED_INCARNATION_CHANGED' });
    expect(await stream.ended()).toBe('clean');
    for (const { run } of clients) await expect(run).rejects.toBeInstanceOf(IncarnationChangedError);
    expect((await read(service)).incarnation).not.toBe(incarnation);
  });
});

/** What a restore does to the log, without its noise. */
async function putBackTo(position: number, { url }: TestDatabase): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  await client.query('set session_replication_role = replica');
  await client.query('delete from messaging.event_log where position > $1', [position]);
  await client.end();
}
