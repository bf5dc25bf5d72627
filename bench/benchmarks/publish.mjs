import pg from 'pg';
import { inTurn } from '../rounds.mjs';
import { Bare } from '../systems/bare.mjs';
import { Core } from '../systems/core.mjs';
import { createTables } from '../systems/tables.mjs';

const CONNECTIONS = [1, 16];

/** How many transactions that write one row and one event can be committed, while nobody delivers. */
export async function publish(context) {
  const database = await context.server.createDatabase('publish');
  const client = new pg.Client({ connectionString: database.url });
  await client.connect();
  for (const schema of ['core', 'bare']) await createTables(client, schema);
  const requestPoolSize = Math.max(...CONNECTIONS);
  const core = await Core.start(database.url, { requestPoolSize, deliver: false });
  const bare = await Bare.start(database.url, { requestPoolSize });
  const seconds = context.quick ? 2 : 6;
  const contenders = (connections) =>
    [
      { name: core.name, transaction: (stream, number) => core.publish(stream, number) },
      { name: bare.name, transaction: (stream, number) => bare.publish(stream, number) },
      { name: 'bare pg, no event', transaction: (stream, number) => bare.write(stream, number) },
    ].map(({ name, transaction }) => ({
      name,
      round: () => round(client, { transaction, connections, seconds }),
    }));
  try {
    const comparisons = [];
    for (const connections of CONNECTIONS) {
      comparisons.push({
        title: `publish: transactions of one row and one event, ${connections} at a time`,
        results: await inTurn(contenders(connections), context),
        bars: [{ figure: 'transactions/s', atLeast: 0.5 }],
      });
    }
    return comparisons;
  } finally {
    for (const system of [core, bare]) await system.stop();
    await client.end();
    await database.drop();
  }
}

async function round(client, { transaction, connections, seconds }) {
  let committed = 0;
  const begin = performance.now();
  const end = begin + seconds * 1_000;
  const publisher = async () => {
    while (performance.now() < end) {
      const number = committed++;
      await transaction(`stream-${number % 100}`, number);
    }
  };
  await Promise.all(Array.from({ length: connections }, publisher));
  const took = (performance.now() - begin) / 1_000;
  for (const schema of ['core', 'bare']) await client.query(`truncate ${schema}.outbox, ${schema}.fact`);
  return { 'transactions/s': committed / took };
}
