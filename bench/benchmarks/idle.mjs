import { setTimeout as pause } from 'node:timers/promises';
import { cpuSeconds } from '../cpu.mjs';
import { inTurn } from '../rounds.mjs';
import { startService } from '../systems/service.mjs';

/** A start is followed by what only a start does. */
const SETTLE_MS = 5_000;

/** What an instance of the service costs that has nothing to do. */
export async function idle(context) {
  const seconds = context.pick({ full: 30, quick: 20, smoke: 2 });
  const database = await context.server.createDatabase('idle');
  const service = await startService(database.url);
  try {
    await pause(context.pick({ full: SETTLE_MS, quick: SETTLE_MS, smoke: 0 }));
    const round = () => idleFor(seconds, { server: context.server, name: database.name, pid: service.pid });
    const once = { ...context, say: context.say, rounds: 1, warmUps: 0 };
    return [
      {
        title: `idle: an instance of the service, for ${seconds} s`,
        what: 'The statements that the server counts (pg_stat_statements) and the processor time of the process, while no request comes.',
        results: await inTurn([{ name: 'Aftercommit', role: 'own', round }], once),
        bars: [{ figure: 'statements/s', atMost: 1 }],
      },
    ];
  } finally {
    await service.stop();
    await database.drop();
  }
}

async function idleFor(seconds, { server, name, pid }) {
  const before = { statements: await executed(server, name), cpu: await cpuSeconds(pid), at: performance.now() };
  await pause(seconds * 1_000);
  const statements = (await executed(server, name)) - before.statements;
  const took = (performance.now() - before.at) / 1_000;
  return { 'statements/s': statements / took, 'CPU ms/s': (((await cpuSeconds(pid)) - before.cpu) / took) * 1_000 };
}

/** Without the extension transactions stand in for statements: an idle instance's have one each. */
async function executed({ statements, client }, name) {
  if (statements) return statements.calls(name);
  const { rows } = await client.query(
    'select (xact_commit + xact_rollback)::int as n from pg_stat_database where datname = $1',
    [name],
  );
  return rows[0].n;
}
