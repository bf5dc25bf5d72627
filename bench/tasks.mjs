import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';
import { percentile } from './statistics.mjs';

/** An event that is later than this is lost. */
const PATIENCE_MS = 10_000;

/** Makes the system's tables. */
async function prepared(system) {
  await withClient(system, (client) => system.prepare(client));
}

/** Forgets what was published and not delivered. */
async function cleared(system) {
  await withClient(system, (client) => system.clear(client));
}

async function withClient({ databaseUrl }, work) {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    await work(client);
  } finally {
    await client.end();
  }
}

/** Where the system's own tables are. */
async function schemaName(system) {
  return system.schema;
}

/** What a system does before it is measured: its connections open, and code that runs often gets compiled. */
const WARM_UP_SECONDS = 0.5;

/** Transactions that `connections` publishers commit, one after another each. */
export async function publishing(system, { connections, seconds, transaction = 'publish', streams = 100 }) {
  let committed = 0;
  const during = async (duration) => {
    const before = committed;
    const begin = performance.now();
    const publisher = async () => {
      while (performance.now() < begin + duration * 1_000) {
        const number = committed++;
        await system[transaction](`stream-${number % streams}`, number);
      }
    };
    await Promise.all(Array.from({ length: connections }, publisher));
    return (committed - before) / ((performance.now() - begin) / 1_000);
  };
  await during(Math.min(WARM_UP_SECONDS, seconds / 4));
  return { perSecond: await during(seconds), committed };
}

/** From the commit that holds all events of the load to the end of the last one's handling. */
export async function handling(system, load) {
  const committed = await system.hand(load);
  await system.finished(load.events);
  return load.events / ((performance.now() - committed) / 1_000);
}

/** Out of a backlog: from now until so many events were handled. */
async function catchingUp(system, events) {
  const before = performance.now();
  await new Promise((resolve) => {
    let handled = 0;
    system.onHandle = () => ++handled === events && resolve();
  });
  system.onHandle = () => undefined;
  return events / ((performance.now() - before) / 1_000);
}

/** Text by which to find, among all statements of the server, the one that asks for work. */
async function claimPattern(system) {
  return system.claimPattern;
}

/** Asks for work at least once, where that happens on a timer only. */
async function polled(system) {
  await system.poll?.();
}

/** Brings what waits to where it waits. */
async function filled(system) {
  await withClient(system, async (client) => system.filled?.(client));
}

/** From the end of an event's commit to the start of its handler, with publishers that wait for nobody. */
async function latencies(system, { events, perSecond, streams }) {
  const warmUp = Math.min(events / 2, WARM_UP_SECONDS * perSecond);
  const committed = new Float64Array(events);
  const started = new Float64Array(events);
  let missing = events;
  system.onHandle = ({ number }) => {
    started[number] = performance.now();
    missing--;
  };
  // Two events of a stream that race each other have no order that anybody could keep: an aggregate's lock parts them.
  const before = Array.from({ length: streams }, () => Promise.resolve());
  await atPace(events, perSecond, (number) => {
    const stream = number % streams;
    before[stream] = before[stream].then(async () => {
      await system.publish(`stream-${stream}`, number);
      committed[number] = performance.now();
    });
    return before[stream];
  });
  for (const deadline = performance.now() + PATIENCE_MS; missing > 0; await pause(10)) {
    if (performance.now() > deadline) throw new Error(`${missing} events reached no handler`);
  }
  system.onHandle = () => undefined;
  await system.finished(events);
  // Another commit's delivery may take an event along before its own publisher has heard of its commit.
  const waits = [...started.subarray(warmUp)].map((time, number) => Math.max(0, time - committed[number + warmUp]));
  return { 'p50 ms': percentile(waits, 0.5), 'p99 ms': percentile(waits, 0.99) };
}

/** Starts each at its time, whether or not the ones before are done. */
async function atPace(events, perSecond, publish) {
  const begin = performance.now();
  const publishing = [];
  while (publishing.length < events) {
    const due = Math.ceil(((performance.now() - begin) / 1_000) * perSecond);
    while (publishing.length < Math.min(due, events)) publishing.push(publish(publishing.length));
    await pause(1);
  }
  await Promise.all(publishing);
}

/** What a worker can be told to do with its system. */
export const TASKS = {
  prepared,
  filled,
  cleared,
  polled,
  schemaName,
  claimPattern,
  publishing,
  handling,
  catchingUp,
  latencies,
};
