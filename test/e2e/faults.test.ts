import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { EmbeddedPostgres } from '../../src/database/embedded-postgres.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { eventually } from '../support/eventually.js';
import { type Service, startService } from '../support/service.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const STREAMS = 12;

/** Events by SQL, as any committing instance leaves them, and effects as they are found in the database. */
class Ledger {
  #pool: pg.Pool;
  #published = 0;
  #stopped = false;
  #publishing = Promise.resolve();

  constructor(readonly url: string) {
    this.#pool = new pg.Pool({ connectionString: url, max: 4 });
    this.#pool.on('error', () => undefined);
  }

  async open(): Promise<void> {
    await this.query('create table effects (id serial primary key, counter text, number int)');
  }

  async query<R extends pg.QueryResultRow>(sql: string, values: unknown[] = []): Promise<R[]> {
    return (await this.#pool.query<R>(sql, values)).rows;
  }

  /** Commits the next event of every stream. */
  async publish(number = ++this.#published): Promise<void> {
    await this.query(
      `insert into messaging.outbox (event_id, stream_type, stream_id, partition, type, schema_version, payload, headers, occurred_at)
       select gen_random_uuid(), 'counter', 's' || s, s, 'test.counted', 1,
              jsonb_build_object('counter', 's' || s, 'number', $1::int), '{}', now()
         from generate_series(1, ${STREAMS}) s`,
      [number],
    );
  }

  /** Publishes until told to stop; an outage is waited out, and what was not committed is published again. */
  load(): void {
    this.#publishing = (async () => {
      while (!this.#stopped) {
        const number = this.#published + 1;
        const committed = await this.publish(number).then(
          () => true,
          () => this.committed(number),
        );
        if (committed) this.#published = number;
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    })();
  }

  async endLoad(): Promise<number> {
    this.#stopped = true;
    await this.#publishing;
    return this.#published;
  }

  private async committed(number: number): Promise<boolean> {
    const found = () =>
      this.query(
        `select 1 from messaging.outbox where (payload ->> 'number')::int = $1
         union all select 1 from messaging.event_log where (payload ->> 'number')::int = $1`,
        [number],
      );
    return eventually(async () => ({ rows: (await found()).length }), { within: 60_000 }).then(({ rows }) => rows > 0);
  }

  async effects(): Promise<Record<string, number[]>> {
    const rows = await this.query<{ counter: string; numbers: number[] }>(
      'select counter, array_agg(number order by id) as numbers from effects group by counter',
    );
    return Object.fromEntries(rows.map(({ counter, numbers }) => [counter, numbers]));
  }

  /** Waits until as many effects are there as there are events, then says whether they are the right ones. */
  async expectEachOnceInOrder(numbers: number, within = 30_000): Promise<void> {
    await eventually(
      async () => {
        const [row] = await this.query<{ n: number }>('select count(*)::int as n from effects');
        return row!.n >= numbers * STREAMS;
      },
      { within },
    );
    const expected = Array.from({ length: numbers }, (_, i) => i + 1);
    const effects = await this.effects();
    for (let s = 1; s <= STREAMS; s++) expect(effects[`s${s}`]).toEqual(expected);
  }

  async close(): Promise<void> {
    await this.#pool.end();
  }
}

const instance = (databaseUrl: string, lease: string): Promise<Service> =>
  startService({
    program: 'test/support/fixtures/counting.mjs',
    databaseUrl,
    env: { DATABASE_URL: databaseUrl, LEASE: lease },
  });

describe('two instances under load', () => {
  let database: TestDatabase;
  let ledger: Ledger;

  beforeEach(async () => {
    database = await createTestDatabase();
    ledger = new Ledger(database.url);
    await ledger.open();
  });
  afterEach(async () => {
    await ledger.close();
    await database.drop();
  });

  const shared = () =>
    eventually(async () => {
      const owners = await ledger.query('select owner from messaging.lease where owner is not null group by owner');
      return owners.length === 2;
    });

  it('go on with the lanes of one that was killed, within its lease and a tick', async () => {
    const [survivor, killed] = await Promise.all([instance(database.url, '5s'), instance(database.url, '5s')]);
    await shared();
    ledger.load();
    await eventually(async () => Object.keys(await ledger.effects()).length === STREAMS);
    await killed.kill('SIGKILL');
    const before = performance.now();
    await eventually(async () => {
      const owners = await ledger.query('select owner from messaging.lease group by owner');
      return owners.length === 1;
    });
    const seconds = (performance.now() - before) / 1000;
    process.stdout.write(`taken over ${seconds.toFixed(1)} s after kill -9, with a lease of 5 s\n`);
    expect(seconds).toBeLessThan(8);
    await ledger.expectEachOnceInOrder(await ledger.endLoad());
    expect(await survivor.stop()).toBe(0);
  }, 60_000);

  it('double, lose and reorder nothing when one is stopped for longer than its lease, ten times over', async () => {
    const [first, second] = await Promise.all([instance(database.url, '3s'), instance(database.url, '3s')]);
    await shared();
    ledger.load();
    for (let repeat = 0; repeat < 10; repeat++) {
      const stopped = repeat % 2 === 0 ? first : second;
      stopped.signal('SIGSTOP');
      await eventually(async () => {
        const owners = await ledger.query('select owner from messaging.lease group by owner');
        return owners.length === 1;
      });
      stopped.signal('SIGCONT');
      await shared();
    }
    await ledger.expectEachOnceInOrder(await ledger.endLoad());
    await Promise.all([first.stop(), second.stop()]);
  }, 180_000);
});

describe('a handler that takes its process down', () => {
  it('is parked after three times, and what else there was to do is done', async () => {
    const database = await createTestDatabase();
    const ledger = new Ledger(database.url);
    await ledger.open();
    await ledger.publish(1);
    await ledger.query(
      `insert into messaging.outbox (event_id, stream_type, stream_id, partition, type, schema_version, payload, headers, occurred_at)
       values (gen_random_uuid(), 'counter', 'deadly', 3, 'test.counted', 1, '{"counter": "deadly", "number": -1}', '{}', now())`,
    );
    await ledger.publish(2);
    let starts = 0;
    const parked = () =>
      ledger.query("select 1 from messaging.held_message where stream_id = 'deadly' and dead_at is not null");
    // Whoever supervises the service starts it again.
    let last: Service | undefined;
    while ((await parked()).length === 0) {
      starts++;
      last = await instance(database.url, '3s').catch(() => undefined);
      await eventually(async () => (await parked()).length > 0 || (await died(last)), { within: 20_000 });
    }
    expect(starts).toBe(4);
    await ledger.expectEachOnceInOrder(2);
    expect(await ledger.query('select stream_id from messaging.held_message')).toEqual([{ stream_id: 'deadly' }]);
    await last?.stop();
    await ledger.close();
    await database.drop();
  }, 90_000);

  it('is parked after three times where it is a command, and no other command is', async () => {
    const database = await createTestDatabase();
    const ledger = new Ledger(database.url);
    await ledger.open();
    await ledger.query(
      `insert into messaging.queued_command (command_id, type, schema_version, payload, headers, due_at)
       select gen_random_uuid(), 'test.count', 1,
              jsonb_build_object('counter', 'c' || n, 'number', case n when 4 then -1 else 1 end), '{}', now()
         from generate_series(1, 8) n`,
    );
    const dead = () =>
      ledger.query<{ counter: string; error: string }>(
        `select payload ->> 'counter' as counter, history -> -1 ->> 'error' as error
           from messaging.queued_command where dead_at is not null`,
      );
    let last: Service | undefined;
    while ((await dead()).length === 0) {
      last = await instance(database.url, '3s').catch(() => undefined);
      await eventually(async () => (await dead()).length > 0 || (await died(last)), { within: 20_000 });
      // As if the time of their leases were over.
      await ledger.query(
        `update messaging.queued_command set lease_until = now() - interval '1 s' where lease_until > now()`,
      );
    }
    const others = [1, 2, 3, 5, 6, 7, 8].map((n) => [`c${n}`, [1]]);
    await eventually(async () => Object.keys(await ledger.effects()).length === others.length);
    expect(await ledger.effects()).toEqual(Object.fromEntries(others));
    expect(await dead()).toEqual([{ counter: 'c4', error: expect.stringContaining('the process ended 3 times') }]);
    await last?.stop();
    await ledger.close();
    await database.drop();
  }, 90_000);

  async function died(service: Service | undefined): Promise<boolean> {
    return (
      !service ||
      fetch(service.url).then(
        () => false,
        () => true,
      )
    );
  }
});

describe('a PostgreSQL that is stopped with immediate and started again under load', () => {
  it('costs no event, and no attempt of one', async () => {
    const folder = join(await temporaryFolder(), 'postgres');
    const server = await EmbeddedPostgres.acquire(folder);
    const migrated = await startService({ databaseUrl: server.url });
    await migrated.stop();
    const ledger = new Ledger(server.url);
    await ledger.open();
    const service = await instance(server.url, '3s');
    ledger.load();
    await eventually(async () => Object.keys(await ledger.effects()).length === STREAMS);

    const [pid] = (await readFile(join(server.folder, 'data', 'postmaster.pid'), 'utf8')).split('\n');
    process.kill(Number(pid), 'SIGQUIT');
    const again = await EmbeddedPostgres.acquire(folder);

    const numbers = await eventually(async () =>
      (await ledger.effects()).s1!.length > 50 ? ledger.endLoad() : undefined,
    );
    await ledger.expectEachOnceInOrder(numbers);
    expect(await ledger.query('select * from messaging.held_message')).toEqual([]);
    await service.stop();
    await ledger.close();
    await again.release();
    await server.release();
  }, 90_000);
});
