import pg from 'pg';
import { inTurn } from '../rounds.mjs';
import Core from '../systems/core.mjs';
import { createMessaging } from '../systems/outbox.mjs';
import { checkEffects } from '../systems/tables.mjs';
import { handling } from '../tasks.mjs';

const LOAD = { events: 5_000, streams: 100 };

/**
 * How fast events are handled after a transaction elsewhere has held its snapshot open for a while, under load. No dead
 * row can be vacuumed meanwhile: tables whose rows are updated or deleted in place slow down.
 */
export async function snapshot(context) {
  const seconds = context.pick({ full: 120, quick: 20, smoke: 1 });
  const database = await context.server.createDatabase('snapshot');
  const client = new pg.Client({ connectionString: database.url });
  const holder = new pg.Client({ connectionString: database.url });
  await Promise.all([client.connect(), holder.connect()]);
  await createMessaging(client, 'core');
  const core = new Core(database.url);
  await core.open();
  const measure = async (name, role) => (await inTurn([{ name, role, round: () => round(core, client) }], context))[0];
  try {
    const before = await measure('before', 'limit');
    await holder.query('begin isolation level repeatable read');
    await holder.query('select count(*) from core.event_log');
    const end = performance.now() + seconds * 1_000;
    while (performance.now() < end) await round(core, client);
    context.say(`the snapshot has been open for ${seconds} s, under load`);
    const after = await measure('with the old snapshot', 'own');
    await holder.query('rollback');
    const title = `snapshot: events handled while a snapshot has been open for ${seconds} s`;
    const what = `A transaction elsewhere keeps its snapshot while ${LOAD.events.toLocaleString('en')} events after another are handled; no dead row can be vacuumed meanwhile.`;
    return [{ title, what, results: [after, before], bars: [{ figure: 'events/s', atLeast: 0.9, than: 'limit' }] }];
  } finally {
    await core.close();
    await Promise.all([client.end(), holder.end()]);
    await database.drop();
  }
}

async function round(core, client) {
  const perSecond = await handling(core, LOAD);
  await checkEffects(client, core.schema, LOAD);
  return { 'events/s': perSecond };
}
