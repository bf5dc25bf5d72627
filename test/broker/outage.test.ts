import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { newKey, placingOf, stock } from '../e2e/shop.js';
import { broker, byStream, Subscriber, uniqueName } from '../support/broker.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { eventually } from '../support/eventually.js';
import { MutingProxy } from '../support/muting-proxy.js';
import { type Service, startService } from '../support/service.js';

/** Long enough for every lane to have paused several times; the longest pause is 5 s. BROKER_OUTAGE=60 for more. */
const OUTAGE_MS = Number(process.env.BROKER_OUTAGE ?? 15) * 1_000;
const CUSTOMERS = 4;

let database: TestDatabase;
let exchange: string;

beforeEach(async () => {
  database = await createTestDatabase();
  exchange = uniqueName('events');
});
afterEach(() => database.drop());

const start = (url = broker.url, env = {}): Promise<Service> =>
  startService({ databaseUrl: database.url, env: { RABBITMQ_URL: url, RABBITMQ_EXCHANGE: exchange, ...env } });

async function query<R extends pg.QueryResultRow>(sql: string): Promise<R[]> {
  const client = new pg.Client({ connectionString: database.url });
  await client.connect();
  try {
    return (await client.query<R>(sql)).rows;
  } finally {
    await client.end();
  }
}

const logged = () =>
  query<{ id: string; stream: string }>(
    `select event_id as id, stream_type || '-' || stream_id as stream from messaging.event_log order by position`,
  );
const relayedUpTo = async (service: Service) => {
  const { data } = (await service.http.get('/v1/consumers')).body;
  return data.find(({ name }: { name: string }) => name === 'relay.rabbitmq');
};

/** Customers who order again and again; what they were answered, and how long the slowest answer took. */
class Crowd {
  #stopped = false;
  readonly statuses: number[] = [];
  slowestMs = 0;
  readonly #customers: Promise<void>[];

  constructor(private readonly service: Service) {
    this.#customers = Array.from({ length: CUSTOMERS }, () => this.order());
  }

  /** Goes home; a service that was killed has not answered everybody. */
  async leave(): Promise<void> {
    this.#stopped = true;
    await Promise.allSettled(this.#customers);
  }

  private async order(): Promise<void> {
    while (!this.#stopped) {
      const before = performance.now();
      const { status } = await this.service.http.post('/v1/orders', placingOf('anna', 'CHAIR'), newKey());
      this.slowestMs = Math.max(this.slowestMs, performance.now() - before);
      this.statuses.push(status);
      await pause(20);
    }
  }
}

/** Everything that is in the log has been read, in order per stream; gives how many were repeated. */
async function expectAllRead(reader: Subscriber, within: number): Promise<string> {
  const events = await logged();
  await eventually(() => reader.firsts.length >= events.length, { within });
  expect(byStream(reader.firsts)).toEqual(byStream(events));
  return `${events.length} events, ${reader.deliveries.length - events.length} repeated`;
}

describe('a service whose RabbitMQ stops under load, and comes back', () => {
  it('answers orders meanwhile, and loses, reorders and holds nothing', async () => {
    const reader = await (await Subscriber.of(exchange)).read();
    const service = await start();
    await stock(service.http, 'CHAIR', 100_000);
    const crowd = new Crowd(service);
    await eventually(() => reader.firsts.length > 50, { within: 30_000 });

    await broker.stop();
    const answeredBefore = crowd.statuses.length;
    await pause(OUTAGE_MS);
    const answered = crowd.statuses.length - answeredBefore;
    const { lag, heldMessages } = await relayedUpTo(service);
    const ready = (await service.http.get('/health/ready')).status;
    await broker.start();
    const back = performance.now();
    await crowd.leave();

    expect(answered).toBeGreaterThan(OUTAGE_MS / 1_000);
    expect(crowd.statuses.filter((status) => status !== 201)).toEqual([]);
    expect(crowd.slowestMs).toBeLessThan(10_000);
    expect([ready, heldMessages]).toEqual([200, 0]);
    expect(lag).toBeGreaterThan(0);
    await eventually(async () => (await relayedUpTo(service)).lag === 0, { within: 60_000 });
    const told = await expectAllRead(reader, 30_000);
    const seconds = ((performance.now() - back) / 1_000).toFixed(1);
    process.stdout.write(
      `RabbitMQ away for ${OUTAGE_MS / 1_000} s: ${answered} orders answered meanwhile, the slowest in ` +
        `${Math.round(crowd.slowestMs)} ms; ${told}; caught up ${seconds} s after it was back\n`,
    );
    expect(await query('select 1 from messaging.held_message')).toEqual([]);
    expect(service.output().match(/can't reach/g)).toHaveLength(1);
    expect(await service.stop()).toBe(0);
  }, 240_000);
});

describe('a service that starts while RabbitMQ is away', () => {
  it('is ready, says once that it can’t reach it, shows the lag, stops cleanly, and relays later', async () => {
    const reader = await Subscriber.of(exchange);
    await broker.stop();
    const first = await start();
    await stock(first.http, 'CHAIR', 10);
    expect((await first.http.get('/health/ready')).status).toBe(200);
    const lag = await eventually(async () => {
      const metrics = (await first.http.get('/metrics')).body as string;
      const [, found] = /consumer_lag_events\{consumer="relay.rabbitmq"\} (\d+)/.exec(metrics) ?? [];
      return Number(found) >= 2 && found;
    });
    expect(Number(lag)).toBe((await logged()).length);
    // Several attempts to connect and several rounds of its lanes.
    await pause(3_000);
    expect(first.output().match(/can't reach/g)).toHaveLength(1);
    expect(first.output().match(/no message loses an attempt/g)).toHaveLength(1);
    const before = performance.now();
    expect(await first.stop()).toBe(0);
    expect(performance.now() - before).toBeLessThan(8_000);

    await broker.start();
    await reader.read();
    const second = await start();
    await expectAllRead(reader, 30_000);
    await second.stop();
  }, 120_000);
});

describe('a service that is killed while it publishes', () => {
  it('publishes what was not confirmed once more, with the same ids and in order', async () => {
    const reader = await (await Subscriber.of(exchange)).read();
    const proxy = await MutingProxy.to(broker.url);
    const killed = await start(proxy.urlOf(broker.url), { MESSAGING_LEASE: '3s' });
    await stock(killed.http, 'CHAIR', 100_000);
    const crowd = new Crowd(killed);
    await eventually(() => reader.firsts.length > 50, { within: 30_000 });
    // From here on messages arrive, and their confirmations don't: the kill comes in the middle of publishing.
    proxy.mute();
    const before = reader.firsts.length;
    await eventually(() => reader.firsts.length > before + 5);
    await killed.kill('SIGKILL');
    await crowd.leave();
    await proxy.close();

    const restarted = await start(broker.url, { MESSAGING_LEASE: '3s' });
    await eventually(async () => (await relayedUpTo(restarted)).lag === 0, { within: 60_000 });
    const told = await expectAllRead(reader, 30_000);
    process.stdout.write(`kill -9 in the middle of publishing: ${told}\n`);
    expect(reader.deliveries.length).toBeGreaterThan(reader.firsts.length);
    expect(await query('select 1 from messaging.held_message')).toEqual([]);
    await restarted.stop();
  }, 180_000);
});
