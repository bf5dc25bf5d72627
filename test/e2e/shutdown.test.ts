import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { Agent, type IncomingMessage, request } from 'node:http';
import { connect } from 'node:net';
import { json } from 'node:stream/consumers';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { eventually } from '../support/eventually.js';
import { type Service, startService } from '../support/service.js';
import { newKey, placingOf, stock } from './shop.js';

const CUSTOMERS = 8;
const BEFORE = 50;

let database: TestDatabase;
let service: Service;

beforeAll(async () => {
  database = await createTestDatabase();
  service = await startService({ databaseUrl: database.url });
  await stock(service.http, 'CHAIR', 100_000);
});
afterAll(() => database.drop());

/** The order's id; fails with what came instead. */
async function order(agent: Agent): Promise<string> {
  const headers = { 'content-type': 'application/json', ...newKey() };
  const sent = request(new URL('/v1/orders', service.url), { method: 'POST', agent, headers });
  sent.end(JSON.stringify(placingOf('anna', 'CHAIR')));
  const [answer] = (await once(sent, 'response')) as [IncomingMessage];
  const body = (await json(answer)) as { id: string };
  if (answer.statusCode !== 201) throw Object.assign(new Error(JSON.stringify(body)), { code: answer.statusCode });
  return body.id;
}

describe('a service that gets SIGTERM while customers order as fast as they can', () => {
  const placed: string[] = [];

  /** Orders again and again, until that doesn't succeed any more; tells how it ended. */
  async function orderUntilRefused(): Promise<unknown> {
    // Not by fetch, which now and then opens a connection more: until it is accepted, nobody answers for it.
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    try {
      for (;;) placed.push(await order(agent));
    } catch (error) {
      return (error as { code?: unknown }).code;
    }
  }

  it('answers each request that it gets, and only then refuses', async () => {
    const ends = Promise.all(Array.from({ length: CUSTOMERS }, orderUntilRefused));
    await eventually(() => placed.length >= BEFORE);
    const before = performance.now();

    expect(await service.stop()).toBe(0);

    const ms = Math.round(performance.now() - before);
    process.stdout.write(`shut down under load in ${ms} ms, after ${placed.length} orders\n`);
    // Whoever is late is refused, by a connection that isn't accepted or by an answer; nobody is cut off.
    expect((await ends).filter((end) => end !== 'ECONNREFUSED' && end !== 503)).toEqual([]);
  });

  it('has lost none of the orders that it took, and delivers what they led to after the next start', async () => {
    service = await startService({ databaseUrl: database.url });
    const allocated = async () => (await service.http.get('/v1/batches/CHAIR-1')).body.allocated as number;
    await eventually(async () => (await allocated()) >= placed.length, { within: 20_000 });
    const { events } = (await service.http.get('/v1/events?type=order.placed&limit=1000')).body;
    const stored = events.map(({ data }: { data: { orderId: string } }) => data.orderId);
    expect(stored.toSorted()).toEqual(placed.toSorted());
    expect(await allocated()).toBe(placed.length);
  });
});

describe('a service that gets SIGTERM while somebody is connected and says nothing', () => {
  it('does not wait for them', async () => {
    const { hostname, port } = new URL(service.url);
    const silent = connect(Number(port), hostname);
    await once(silent, 'connect');
    // An answer to somebody else: by then the service has accepted the connection before.
    await service.http.get('/health/live');

    const before = performance.now();
    expect(await service.stop()).toBe(0);
    expect(performance.now() - before).toBeLessThan(5_000);
    silent.destroy();
  });
});
