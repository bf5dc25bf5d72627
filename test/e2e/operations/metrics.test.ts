import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Client } from 'pg';
import { createTestDatabase, type TestDatabase } from '../../support/database.js';
import { eventually } from '../../support/eventually.js';
import { type Service, startService } from '../../support/service.js';
import { placeOrder, stock } from '../shop.js';

/** Each metric of the tables in docs/metrics.md with its type and labels; those that only Linux has elsewhere not. */
function documented(): Map<string, { type: string; labels: string[] }> {
  const rows = readFileSync('docs/metrics.md', 'utf8').matchAll(/^\| `(\w+)` +\| (\w+) +\| (.*?) +\| (.*)$/gm);
  const metrics = [...rows].filter(
    ([, , , , meaning]) => process.platform === 'linux' || !meaning!.includes('(Linux)'),
  );
  return new Map(
    metrics.map(([, name, type, labels]) => [
      name!,
      { type: type!, labels: [...labels!.matchAll(/`(\w+)`/g)].map(([, label]) => label!) },
    ]),
  );
}

interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

function samplesIn(text: string): Sample[] {
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return lines.map((line) => {
    const [, name, labels = '', value] = /^(\w+)(?:\{(.*)\})? (\S+)$/.exec(line)!;
    const pairs = [...labels.matchAll(/(\w+)="([^"]*)"/g)].map(([, label, text]) => [label!, text!]);
    return { name: name!, labels: Object.fromEntries(pairs), value: Number(value) };
  });
}

describe('the metrics of a service where an order was placed', () => {
  let database: TestDatabase;
  let service: Service;
  let client: Client;

  beforeAll(async () => {
    database = await createTestDatabase();
    service = await startService({ databaseUrl: database.url, env: { MESSAGING_RETRY: '10ms' } });
    client = new Client({ connectionString: database.url });
    await client.connect();
    await stock(service.http, 'LAMP', 10);
    await placeOrder(service.http, 'c-1', 'LAMP');
  });
  afterAll(async () => {
    await client.end();
    await service.stop();
    await database.drop();
  });

  const text = async () => (await service.http.get('/metrics')).body as string;
  const value = async (name: string, labels: Record<string, string> = {}) => {
    const fits = (sample: Sample) => Object.entries(labels).every(([label, text]) => sample.labels[label] === text);
    return samplesIn(await text()).find((sample) => sample.name === name && fits(sample))?.value;
  };

  it('are those that are documented, with their types and labels', async () => {
    const exposed = await text();
    const types = new Map([...exposed.matchAll(/^# TYPE (\w+) (\w+)$/gm)].map(([, name, type]) => [name!, type!]));
    const known = documented();

    expect([...types.keys()].sort()).toEqual([...known.keys()].sort());
    expect([...types].filter(([name, type]) => known.get(name)!.type !== type)).toEqual([]);
    const strange = samplesIn(exposed).filter(({ name, labels }) => {
      const { labels: told } = known.get(name) ?? known.get(name.replace(/_(sum|count|bucket)$/, ''))!;
      return Object.keys(labels).some((label) => label !== 'le' && !told.includes(label));
    });
    expect(strange).toEqual([]);
  });

  it('come in the format of Prometheus', async () => {
    const { headers } = await service.http.get('/metrics');
    expect(headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
  });

  it('count what was handled, and show that nothing lags', async () => {
    const timeline = { kind: 'event', consumer: 'order.timeline' };
    await eventually(async () => ((await value('aftercommit_messages_handled_total', timeline)) ?? 0) >= 2);
    const allocate = { kind: 'command', consumer: 'allocation.allocate' };
    expect(await value('aftercommit_messages_handled_total', allocate)).toBe(1);
    expect(await value('aftercommit_units_of_work_total', { outcome: 'committed' })).toBeGreaterThan(2);
    expect(await value('aftercommit_partitions')).toBe(16);
    await eventually(
      async () => (await value('aftercommit_consumer_lag_events', { consumer: 'order.timeline' })) === 0,
    );
    await eventually(async () => (await value('aftercommit_oldest_undelivered_event_seconds')) === 0);
    expect(await value('aftercommit_queued_commands', { command: 'messaging.prune', state: 'scheduled' })).toBe(1);
  });

  it('count what fails, is held and is given up', async () => {
    await client.query(
      `insert into messaging.outbox (event_id, partition, type, schema_version, payload, headers, occurred_at)
       values (gen_random_uuid(), 1, 'nobody.knows', 1, '{}', '{}', now())`,
    );
    const dead = () => client.query('select distinct consumer from messaging.held_message where dead_at is not null');
    const { rows } = await eventually(async () => (await dead()).rowCount! > 0 && dead());
    const consumer = rows[0].consumer as string;

    await eventually(async () => (await value('aftercommit_dead_letters', { kind: 'event', consumer })) === 1);
    expect(await value('aftercommit_messages_failed_total', { consumer })).toBe(2);
    expect(await value('aftercommit_messages_given_up_total', { consumer })).toBe(1);
    expect(await value('aftercommit_held_messages', { consumer })).toBe(0);
  });

  it('show that events wait although no worker tells of it', async () => {
    // While this connection is open, nothing gets from the outbox into the log.
    await client.query(`select pg_advisory_lock(hashtext('messaging.sequence_outbox'))`);
    await client.query(
      `insert into messaging.outbox (event_id, partition, type, schema_version, payload, headers, occurred_at)
       values (gen_random_uuid(), 1, 'nobody.knows', 1, '{}', '{}', now() - interval '1 hour')`,
    );
    await eventually(async () => (await value('aftercommit_oldest_undelivered_event_seconds'))! > 3_500);
    await client.query('select pg_advisory_unlock_all()');
    await eventually(async () => (await value('aftercommit_oldest_undelivered_event_seconds')) === 0);
  });

  it('belong to no customer', async () => {
    expect((await service.http.get('/metrics', { 'x-customer-id': 'c-1' })).status).toBe(403);
  });
});
