import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';
import { inTurn } from '../rounds.mjs';
import { percentile } from '../statistics.mjs';
import { Bare } from '../systems/bare.mjs';
import { Core } from '../systems/core.mjs';
import { checkEffects, createTables } from '../systems/tables.mjs';

const PER_SECOND = 500;
const STREAMS = 100;
/** An event that is later than this is lost. */
const PATIENCE_MS = 10_000;

/** How long after its commit an event reaches its handler, with publishers that wait for nobody. */
export async function latency(context) {
  const database = await context.server.createDatabase('latency');
  const client = new pg.Client({ connectionString: database.url });
  await client.connect();
  for (const schema of ['core', 'bare']) await createTables(client, schema);
  const systems = [await Core.start(database.url), await Bare.start(database.url)];
  const events = PER_SECOND * (context.quick ? 4 : 15);
  try {
    for (const system of systems) await system.deliver();
    const contenders = systems.map((system) => ({ name: system.name, round: () => round(system, client, events) }));
    return [
      {
        title: `latency: from the end of the commit to the start of the handler, ${PER_SECOND} events/s`,
        results: await inTurn(contenders, context),
        bars: [{ figure: 'p50 ms', atMost: 2 }],
      },
    ];
  } finally {
    for (const system of systems) await system.stop();
    await client.end();
    await database.drop();
  }
}

async function round(system, client, events) {
  const committed = new Float64Array(events);
  const started = new Float64Array(events);
  let missing = events;
  system.onHandle = ({ number }) => {
    started[number] = performance.now();
    missing--;
  };
  await atPace(events, async (number) => {
    await system.publish(`stream-${number % STREAMS}`, number);
    committed[number] = performance.now();
  });
  for (const deadline = performance.now() + PATIENCE_MS; missing > 0; await pause(10)) {
    if (performance.now() > deadline) throw new Error(`${system.name}: ${missing} events reached no handler`);
  }
  await system.deliver();
  await checkEffects(client, system.schema, events);
  // Another commit's delivery may take an event along before its own publisher has heard of its commit.
  const waits = [...started].map((time, number) => Math.max(0, time - committed[number]));
  return { 'p50 ms': percentile(waits, 0.5), 'p99 ms': percentile(waits, 0.99) };
}

/** Starts each at its time, whether or not the ones before are done. */
async function atPace(events, publish) {
  const begin = performance.now();
  const publishing = [];
  while (publishing.length < events) {
    const due = Math.ceil(((performance.now() - begin) / 1_000) * PER_SECOND);
    while (publishing.length < Math.min(due, events)) publishing.push(publish(publishing.length));
    await pause(1);
  }
  await Promise.all(publishing);
}
