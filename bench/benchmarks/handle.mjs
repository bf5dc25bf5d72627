import pg from 'pg';
import { inTurn } from '../rounds.mjs';
import { Bare } from '../systems/bare.mjs';
import { Core } from '../systems/core.mjs';
import { checkEffects, commitEvents, createTables } from '../systems/tables.mjs';

const STREAMS = 100;

/** How fast committed events go through one durable handler that writes a row for each: exactly once, and in order. */
export async function handle(context) {
  const database = await context.server.createDatabase('handle');
  const client = new pg.Client({ connectionString: database.url });
  await client.connect();
  for (const schema of ['core', 'bare']) await createTables(client, schema);
  const systems = [await Core.start(database.url), await Bare.start(database.url)];
  const load = { events: context.quick ? 5_000 : 20_000, streams: STREAMS };
  try {
    const contenders = systems.map((system) => ({ name: system.name, round: () => round(system, client, load) }));
    return [
      {
        title: `handle: ${load.events.toLocaleString('en')} committed events on ${STREAMS} streams, one row and one transaction each`,
        results: await inTurn(contenders, context),
        bars: [{ figure: 'events/s', atLeast: 0.5 }],
      },
    ];
  } finally {
    for (const system of systems) await system.stop();
    await client.end();
    await database.drop();
  }
}

async function round(system, client, load) {
  await commitEvents(client, system.schema, load);
  const begin = performance.now();
  await system.deliver();
  const seconds = (performance.now() - begin) / 1_000;
  await checkEffects(client, system.schema, load.events);
  return { 'events/s': load.events / seconds };
}
