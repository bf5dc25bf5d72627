import pg from 'pg';
import { inTurn } from '../rounds.mjs';
import { Core } from '../systems/core.mjs';
import { checkEffects, commitEvents, createTables } from '../systems/tables.mjs';

const LOAD = { events: 5_000, streams: 100 };

/**
 * How fast events are handled after a transaction elsewhere has held its snapshot open for a while, under load. No dead
 * row can be vacuumed meanwhile: tables whose rows are updated or deleted in place slow down.
 */
export async function snapshot(context) {
  const seconds = context.quick ? 30 : 120;
  const database = await context.server.createDatabase('snapshot');
  const client = new pg.Client({ connectionString: database.url });
  const holder = new pg.Client({ connectionString: database.url });
  await Promise.all([client.connect(), holder.connect()]);
  await createTables(client, 'core');
  const core = await Core.start(database.url);
  const measure = async (name) => (await inTurn([{ name, round: () => round(core, client) }], context))[0];
  try {
    const before = await measure('before');
    await holder.query('begin isolation level repeatable read');
    await holder.query('select count(*) from core.event_log');
    const end = performance.now() + seconds * 1_000;
    while (performance.now() < end) await round(core, client);
    context.say(`the snapshot has been open for ${seconds} s, under load`);
    const after = await measure('with the old snapshot');
    await holder.query('rollback');
    const title = `snapshot: events handled while a snapshot has been open for ${seconds} s`;
    return [{ title, results: [after, before], bars: [{ figure: 'events/s', atLeast: 0.9 }] }];
  } finally {
    await core.stop();
    await Promise.all([client.end(), holder.end()]);
    await database.drop();
  }
}

async function round(core, client) {
  await commitEvents(client, core.schema, LOAD);
  const begin = performance.now();
  await core.deliver();
  const seconds = (performance.now() - begin) / 1_000;
  await checkEffects(client, core.schema, LOAD.events);
  return { 'events/s': LOAD.events / seconds };
}
