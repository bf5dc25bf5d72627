import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { broker, connect, Sender, uniqueName } from '../support/broker.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { eventually } from '../support/eventually.js';
import { type Service, startService } from '../support/service.js';
import { TcpProxy } from '../support/tcp-proxy.js';

const TYPE = 'allocation.create-batch';
const batch = (ref: string, quantity: unknown = 5) => ({ ref, sku: 'CHAIR', quantity, eta: null });
const connection = connect();

let database: TestDatabase;
let proxy: TcpProxy;
let service: Service;
let sender: Sender;
let queue: string;

beforeAll(async () => {
  database = await createTestDatabase();
  proxy = await TcpProxy.to(database.url);
});
afterAll(async () => {
  await proxy.close();
  await database.drop();
});
beforeEach(async () => {
  queue = uniqueName('commands');
  service = await start();
  await eventually(() => connection.queueDeclare({ queue, passive: true }).then(() => true));
  sender = new Sender(queue);
});
afterEach(async () => {
  await service.stop();
});

const start = () =>
  startService({
    databaseUrl: proxy.url,
    env: { RABBITMQ_URL: broker.url, RABBITMQ_EXCHANGE: uniqueName('events'), RABBITMQ_QUEUE: queue },
  });
const send = (body: unknown, envelope: object = {}) =>
  sender.send({ type: TYPE, messageId: randomUUID(), appId: 'warehouse', ...envelope }, body);
const untilThere = (ref: string) =>
  eventually(async () => (await service.http.get(`/v1/batches/${ref}`)).status === 200);
const parked = async () => (await service.http.get('/v1/parked-messages?limit=100')).body.data as ParkedMessage[];
const waiting = async () => (await connection.queueDeclare({ queue, passive: true })).messageCount;

interface ParkedMessage {
  readonly id: string;
  readonly reason: string;
  readonly type: string | null;
  readonly messageId: string | null;
}

/** The messages parked in this test: one that is known by its ref comes through afterwards. */
async function parkedBefore(ref: string): Promise<ParkedMessage[]> {
  await send(batch(ref));
  await untilThere(ref);
  return parked();
}

async function discardAll(): Promise<void> {
  for (const { id } of await parked()) {
    expect((await service.http.post(`/v1/parked-messages/${id}/discard`, { reason: 'test' })).status).toBe(204);
  }
}

async function query<R extends pg.QueryResultRow>(sql: string, values: unknown[] = []): Promise<R[]> {
  const client = new pg.Client({ connectionString: database.url });
  await client.connect();
  try {
    return (await client.query<R>(sql, values)).rows;
  } finally {
    await client.end();
  }
}

describe('a message that asks for what is allowed', () => {
  it('is carried out once, however often it is delivered, and its events name their cause', async () => {
    const messageId = randomUUID();
    for (let delivery = 0; delivery < 3; delivery++) {
      // Another body under the same id would be refused, if it were looked at.
      await send(batch('TWICE', 5 + delivery), { messageId, correlationId: 'delivery-note-7' });
    }
    expect(await parkedBefore('AFTER-TWICE')).toEqual([]);
    expect((await service.http.get('/v1/batches/TWICE')).body).toMatchObject({ quantity: 5 });
    const events = await query(
      `select headers from messaging.event_log where type = 'product.batch-created' and payload ->> 'ref' = 'TWICE'`,
    );
    const actor = `rabbitmq/${queue}/warehouse`;
    expect(events).toEqual([{ headers: { correlationId: 'delivery-note-7', causationId: messageId, actor } }]);
    expect(await waiting()).toBe(0);
  });

  it('is told from one of another sender with the same id', async () => {
    await send(batch('OF-ONE'), { messageId: '1', appId: 'one' });
    await send(batch('OF-TWO'), { messageId: '1', appId: 'two' });
    await Promise.all([untilThere('OF-ONE'), untilThere('OF-TWO')]);
  });
});

describe('messages that can’t be carried out', () => {
  afterEach(discardAll);

  it('are parked, visible to operators, and hold up nobody', async () => {
    await send(batch('TAKEN', 5));
    await send({ anything: 1 }, { type: 'order.cancel-order' });
    await send({ anything: 1 }, { type: '__proto__' });
    await send(batch('BAD', -3));
    await send({ ...batch('BAD'), surprise: true });
    await send(Buffer.from('{"ref": '), { contentType: 'application/json' });
    await send(Buffer.from([0xff, 0x00, 0xfe]), { headers: { odd: 'a\0b' }, correlationId: 'c\0d' });
    await send(batch('NO-ID'), { messageId: undefined });
    await send(batch('NUL-ID'), { messageId: 'a\0b' });
    // A rule says no: the ref is another batch's.
    await send(batch('TAKEN', 6));

    const found = await parkedBefore('AFTER-POISON');
    expect(found.map(({ reason }) => reason.split(':')[0])).toEqual(
      [
        'MESSAGE_TYPE_UNKNOWN',
        'MESSAGE_TYPE_UNKNOWN',
        'MESSAGE_BODY_INVALID',
        'MESSAGE_BODY_INVALID',
        'MESSAGE_BODY_INVALID',
        'MESSAGE_BODY_INVALID',
        'MESSAGE_ID_MISSING',
        'MESSAGE_ID_MISSING',
        'BATCH_EXISTS',
      ].toReversed(),
    );
    expect((await service.http.get('/v1/batches/TAKEN')).body).toMatchObject({ quantity: 5 });
    const binary = found.find(({ reason }) => reason.includes('no JSON') && reason.includes('not valid'))!;
    expect((await service.http.get(`/v1/parked-messages/${binary.id}`)).body).toMatchObject({
      body: Buffer.from([0xff, 0x00, 0xfe]).toString('base64'),
      bodyEncoding: 'base64',
      headers: { odd: 'a\0b' },
      history: [{ action: 'parked' }],
    });
    expect(await waiting()).toBe(0);
  });

  it('are parked once, however often they are delivered', async () => {
    const messageId = randomUUID();
    for (let delivery = 0; delivery < 3; delivery++) await send(batch('AGAIN', -1), { messageId });
    expect(await parkedBefore('AFTER-AGAIN')).toMatchObject([{ messageId, type: TYPE }]);
    expect((await service.http.get('/metrics')).body).toContain('\naftercommit_messages_parked_total 1\n');
  });

  it('are carried out at a retry once the cause is gone, and stay with their history while it is not', async () => {
    await send(batch('LATER'), { messageId: undefined });
    await send(batch('NEVER', 0));
    const [never, later] = await parkedBefore('AFTER-RETRY');
    const path = (message: ParkedMessage | undefined) => `/v1/parked-messages/${message!.id}`;

    expect((await service.http.post(`${path(later)}/retry`)).status).toBe(204);
    expect((await service.http.get('/v1/batches/LATER')).status).toBe(200);
    expect((await service.http.get(path(later))).status).toBe(404);
    const refused = await service.http.post(`${path(never)}/retry`);
    expect([refused.status, refused.body.code]).toEqual([409, 'PARKED_MESSAGE_REFUSED']);
    expect((await service.http.get(path(never))).body.history).toMatchObject([
      { action: 'parked' },
      { action: 'retried', actor: expect.stringContaining('operator') },
    ]);
    expect((await service.http.post(`${path(never)}/discard`, { reason: 'sent by mistake' })).status).toBe(204);
    expect(await parked()).toEqual([]);
    expect((await service.http.post(`${path(never)}/retry`)).status).toBe(404);
  });
});

describe('messages that come while the database is away', () => {
  it('wait with growing pauses, and are carried out once when it is back', async () => {
    await send(batch('BEFORE-OUTAGE'));
    await untilThere('BEFORE-OUTAGE');
    proxy.refuse();
    await Promise.all(['A', 'B', 'C'].map((ref) => send(batch(`OUTAGE-${ref}`))));
    const pauses = () => [...service.output().matchAll(/waits for (\d+) ms/g)].map(([, ms]) => Number(ms));
    await eventually(() => pauses().length >= 4, { within: 40_000 });
    proxy.recover();
    for (const ref of ['A', 'B', 'C']) await eventually(async () => untilThere(`OUTAGE-${ref}`), { within: 40_000 });
    expect(pauses().slice(0, 4)).toEqual([250, 500, 1_000, 2_000]);
    expect(await parked()).toEqual([]);
  }, 120_000);
});

describe('a service that is stopped with messages at hand', () => {
  it('finishes the one that it is at, gives the others back, and takes each once after its restart', async () => {
    const refs = Array.from({ length: 60 }, (_, i) => `STOP-${i}`);
    await Promise.all(refs.map((ref) => send(batch(ref))));
    await untilThere('STOP-0');
    expect(await service.stop()).toBe(0);
    const created = await query<{ n: number }>(`select count(*)::int as n from messaging.inbox where source = $1`, [
      `rabbitmq/${queue}/warehouse`,
    ]);
    expect(await eventually(async () => (await waiting()) + created[0]!.n === 60 && created[0]!.n)).toBeGreaterThan(0);
    service = await start();
    await untilThere('STOP-59');
    expect(await parked()).toEqual([]);
    const [row] = await query(
      `select count(*)::int as n from messaging.event_log where payload ->> 'ref' like 'STOP-%'`,
    );
    expect(row).toEqual({ n: 60 });
  });

  it('takes each once when it was killed instead', async () => {
    const refs = Array.from({ length: 60 }, (_, i) => `KILL-${i}`);
    await Promise.all(refs.map((ref) => send(batch(ref))));
    await untilThere('KILL-0');
    await service.kill('SIGKILL');
    service = await start();
    await eventually(() => untilThere('KILL-59'), { within: 40_000 });
    expect(await parked()).toEqual([]);
    const [row] = await eventually(
      async () => {
        const found = await query<{ n: number }>(
          `select count(*)::int as n from messaging.event_log where payload ->> 'ref' like 'KILL-%'`,
        );
        return found[0]!.n >= 60 && found;
      },
      { within: 30_000 },
    );
    expect(row).toEqual({ n: 60 });
  }, 90_000);
});
