import pg from 'pg';
import { EventFeed, OutboxForwarder } from '../../dist/src/messaging/index.js';
import { inTurn } from '../rounds.mjs';
import { median } from '../statistics.mjs';
import Core from '../systems/core.mjs';
import { createMessaging } from '../systems/outbox.mjs';
import { checkEffects, checkFacts } from '../systems/tables.mjs';
import { publishing } from '../tasks.mjs';

const STREAMS = 100;
const CALLS = 50;
const CONNECTIONS = 16;
/** At these parts of the log a page is read. */
const DEPTHS = [0, 0.5, 0.99];

/** The most that is written in one transaction: no more than the log has room for ahead of its head. */
const PART = 1_000_000;

/** What the length of the log costs: booting, polling, reading a page anywhere, handling events anew, publishing. */
export async function growth(context) {
  const { sizes, judged, seconds } = context.pick({
    full: { sizes: [10_000_000, 1_000_000, 100_000, 10_000], judged: 1_000_000, seconds: 2.5 },
    quick: { sizes: [100_000, 10_000], judged: 100_000, seconds: 1 },
    smoke: { sizes: [4_000, 1_000], judged: 4_000, seconds: 0.2 },
  });
  // As many events are handled anew, whatever lies before them.
  const shortest = Math.min(...sizes);
  const roles = { [judged]: 'own', [shortest]: 'limit' };
  const logs = [];
  try {
    for (const events of sizes) {
      logs.push(await Log.open(context.server, { events, replayed: shortest, seconds }));
      context.say(`a log is filled with ${events.toLocaleString('en')} events`);
    }
    const contenders = logs.map((log) => ({
      name: `${log.events.toLocaleString('en')} events in the log`,
      role: roles[log.events],
      round: () => log.measure(),
    }));
    return [comparison(await inTurn(contenders, context), { replayed: shortest, seconds })];
  } finally {
    for (const log of logs) await log.close();
  }
}

function comparison(results, { replayed, seconds }) {
  return {
    title: 'growth: a long log beside a short one',
    what: `Booting, polling, reading a page of 100 at the slowest of ${DEPTHS.length} places, handling the last ${replayed.toLocaleString('en')} events anew, and publishing on ${CONNECTIONS} connections for ${seconds} s while nobody delivers.`,
    results,
    bars: [
      { figure: 'boot ms', atMost: 1.25, than: 'limit' },
      { figure: 'poll ms', atMost: 1.25, than: 'limit' },
      { figure: 'page ms', atMost: 1.25, than: 'limit' },
      { figure: 'replay events/s', atLeast: 0.8, than: 'limit' },
      { figure: 'publish/s', atLeast: 0.8, than: 'limit' },
    ],
  };
}

/** A database whose log holds so many events. */
class Log {
  static async open(server, { events, ...measured }) {
    const database = await server.createDatabase(`growth_${events}`);
    const client = new pg.Client({ connectionString: database.url });
    await client.connect();
    await createMessaging(client, 'core');
    for (let first = 1; first <= events; first += PART) {
      await insertIntoLog(client, { first, last: Math.min(first + PART - 1, events) });
      await client.query('select core.make_log_partitions()');
    }
    await client.query('vacuum analyze core.event_log');
    return new Log({ database, client, events, ...measured });
  }

  constructor(parts) {
    Object.assign(this, parts);
  }

  async measure() {
    return { ...(await this.reading()), 'publish/s': await this.publish() };
  }

  async reading() {
    const begin = performance.now();
    const core = new Core(this.database.url);
    await core.open({ poll: false });
    const boot = performance.now() - begin;
    try {
      return {
        'boot ms': boot,
        'poll ms': await typical(() => core.app.get(OutboxForwarder).tick()),
        'page ms': await this.page(core.app.get(EventFeed)),
        'replay events/s': await this.replay(core),
      };
    } finally {
      await core.close();
    }
  }

  async page(feed) {
    const offsets = DEPTHS.map((depth) => Math.floor(this.events * depth));
    const times = [];
    for (const offset of offsets) times.push(await typical(() => feed.read({ offset, limit: 100 })));
    return Math.max(...times);
  }

  async replay(core) {
    await this.client.query('update core.consumer set generation = generation + 1, start_position = $1', [
      this.events - this.replayed,
    ]);
    const begin = performance.now();
    // Notices the new generation, and begins.
    await core.app.get(OutboxForwarder).tick();
    await core.finished();
    const seconds = (performance.now() - begin) / 1_000;
    await checkEffects(this.client, core.schema, { events: this.replayed });
    return this.replayed / seconds;
  }

  async publish() {
    const core = new Core(this.database.url);
    await core.open({ deliver: false });
    try {
      const load = { connections: CONNECTIONS, seconds: this.seconds };
      const { committed, perSecond } = await publishing(core, load);
      await checkFacts(this.client, core.schema, committed);
      // The log is to stay as long as it is.
      await core.clear(this.client);
      return perSecond;
    } finally {
      await core.close();
    }
  }

  async close() {
    await this.client.end();
    await this.database.drop();
  }
}

async function insertIntoLog(client, { first, last }) {
  await client.query(
    `insert into core.event_log (position, event_id, stream_type, stream_id, stream_version, partition, type,
                                 schema_version, payload, headers, occurred_at)
     select n, gen_random_uuid(), 'bench', 'stream-' || n % $3, n / $3, n % $3 % 16, 'bench.happened', 1,
            jsonb_build_object('stream', 'stream-' || n % $3, 'number', n / $3), '{}', clock_timestamp()
       from generate_series($1::int, $2::int) n`,
    [first, last, STREAMS],
  );
}

/** Median milliseconds of a call. */
async function typical(call) {
  const times = [];
  for (let n = 0; n < CALLS; n++) {
    const begin = performance.now();
    await call();
    times.push(performance.now() - begin);
  }
  return median(times);
}
