import pg from 'pg';
import { EventFeed, OutboxForwarder } from '../../dist/src/messaging/index.js';
import { inTurn } from '../rounds.mjs';
import { median } from '../statistics.mjs';
import Core from '../systems/core.mjs';
import { createMessaging } from '../systems/outbox.mjs';
import { checkEffects } from '../systems/tables.mjs';

const STREAMS = 100;
const CALLS = 50;
/** At these parts of the log a page is read. */
const DEPTHS = [0, 0.5, 0.99];

/** What the length of the log costs: booting, polling, reading a page anywhere, handling events anew. */
export async function growth(context) {
  const sizes = context.pick({ full: [1_000_000, 10_000], quick: [100_000, 10_000], smoke: [4_000, 1_000] });
  // As many events are handled anew, whatever lies before them.
  const replayed = Math.min(...sizes);
  const logs = [];
  try {
    for (const events of sizes) logs.push(await Log.open(context.server, events, replayed));
    context.say(`the logs are filled: ${sizes.join(' and ')} events`);
    const contenders = logs.map((log, i) => ({
      name: `${log.events.toLocaleString('en')} events in the log`,
      role: i === 0 ? 'own' : 'limit',
      round: () => log.measure(),
    }));
    const results = await inTurn(contenders, context);
    const bars = [
      { figure: 'boot ms', atMost: 1.25, than: 'limit' },
      { figure: 'poll ms', atMost: 1.25, than: 'limit' },
      { figure: 'page ms', atMost: 1.25, than: 'limit' },
      { figure: 'replay events/s', atLeast: 0.8, than: 'limit' },
    ];
    const what = `Booting, polling, reading a page of 100 at the slowest of ${DEPTHS.length} places, and handling the last ${replayed.toLocaleString('en')} events anew.`;
    return [{ title: 'growth: a long log beside a short one', what, results, bars }];
  } finally {
    for (const log of logs) await log.close();
  }
}

/** A database whose log holds so many events. */
class Log {
  static async open(server, events, replayed) {
    const database = await server.createDatabase(`growth_${events}`);
    const client = new pg.Client({ connectionString: database.url });
    await client.connect();
    await createMessaging(client, 'core');
    await client.query(
      `insert into core.event_log (position, event_id, stream_type, stream_id, stream_version, partition, type,
                                   schema_version, payload, headers, occurred_at)
       select n, gen_random_uuid(), 'bench', 'stream-' || n % $2, n / $2, n % $2 % 16, 'bench.happened', 1,
              jsonb_build_object('stream', 'stream-' || n % $2, 'number', n / $2), '{}', clock_timestamp()
         from generate_series(1, $1::int) n`,
      [events, STREAMS],
    );
    await client.query('vacuum analyze core.event_log');
    return new Log({ database, client, events, replayed });
  }

  constructor(parts) {
    Object.assign(this, parts);
  }

  async measure() {
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

  async close() {
    await this.client.end();
    await this.database.drop();
  }
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
