import { setTimeout as pause } from 'node:timers/promises';
import { inTurn } from '../rounds.mjs';
import { startService } from '../systems/service.mjs';

/** Until the start's own work is done, and counted: PostgreSQL counts what a session did with a delay of some seconds. */
const CALM_MS = 15_000;

/** What a whole instance costs that has nothing to do: its statements, each a transaction of its own, and its processor. */
export async function idle(context) {
  const database = await context.server.createDatabase('idle');
  const name = new URL(database.url).pathname.slice(1);
  const service = await startService(database.url);
  const seconds = context.quick ? 20 : 60;
  try {
    await pause(CALM_MS);
    const round = async () => {
      const before = await counted();
      await pause(seconds * 1_000);
      const after = await counted();
      const took = (after.at - before.at) / 1_000;
      return {
        'statements/s': (after.statements - before.statements) / took,
        'processor %': (100 * (after.processor - before.processor)) / took,
      };
    };
    return [
      {
        title: `idle: the service without work, over ${seconds} s`,
        results: await inTurn([{ name: 'Aftercommit', round }], { ...context, rounds: context.quick ? 1 : 3 }),
        bars: [{ figure: 'statements/s', below: 1.05 }],
      },
    ];
  } finally {
    await service.stop();
    await database.drop();
  }

  async function counted() {
    const { rows } = await context.server.client.query(
      'select (xact_commit + xact_rollback)::int as n from pg_stat_database where datname = $1',
      [name],
    );
    return { at: performance.now(), statements: rows[0].n, processor: await processorSeconds(service.url) };
  }
}

async function processorSeconds(url) {
  const metrics = await (await fetch(`${url}/metrics`)).text();
  return Number(/^process_cpu_seconds_total (\S+)/m.exec(metrics)[1]);
}
