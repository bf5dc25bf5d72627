import { cpus } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';
import { inTurn } from '../rounds.mjs';
import { Remote } from '../systems/remote.mjs';
import { checkEffects } from '../systems/tables.mjs';

const STREAMS = 100;
const PATIENCE_MS = 60_000;
/** Less is no growth but noise. */
const GROWTH = 1.05;

/** How far more instances on one PostgreSQL handle more. */
export async function scaleOut(context) {
  const events = context.pick({ full: 20_000, quick: 5_000, smoke: 1_000 });
  const counts = context.pick({ full: [1, 2, 4], quick: [1, 2, 4], smoke: [1, 2] });
  const database = await context.server.createDatabase('scale_out');
  const client = new pg.Client({ connectionString: database.url });
  const { node } = context.peers;
  const instance = () => new Remote('core', { databaseUrl: database.url, use: 'ordered', node });
  const remotes = Array.from({ length: Math.max(...counts) }, instance);
  await client.connect();
  try {
    await remotes[0].call('prepared');
    const contenders = counts.map((count) => ({
      name: `${count} ${count === 1 ? 'instance' : 'instances'}`,
      role: count === 1 ? 'own' : undefined,
      round: () => round(client, remotes.slice(0, count), events),
    }));
    const results = await inTurn(contenders, context);
    return [
      {
        title: 'scale-out: instances on one PostgreSQL, which runs on the same processors',
        what: `${events.toLocaleString('en')} events on ${STREAMS} streams, one transaction for each. "CPU %" is of all processors of the machine, for everything that runs on it.`,
        results,
        bars: [],
        note: whereItStops(results),
      },
    ];
  } finally {
    for (const remote of remotes) await remote.end();
    await client.end();
    await database.drop();
  }
}

async function round(client, remotes, events) {
  await client.query('vacuum analyze');
  await Promise.all(remotes.map((remote) => remote.call('open')));
  try {
    await spread(client, remotes.length);
    const load = { events, streams: STREAMS };
    const busy = processorTimes();
    const begin = performance.now();
    await remotes[0].call('hand', load);
    await allHandled(client, remotes, events);
    const seconds = (performance.now() - begin) / 1_000;
    const percent = processorTimes().share(busy);
    await checkEffects(client, 'core', load);
    return { 'events/s': events / seconds, 'CPU %': percent * 100 };
  } finally {
    await Promise.all(remotes.map((remote) => remote.call('close')));
  }
}

/** Every instance has found its share of the partitions. */
async function spread(client, instances) {
  await until(client, {
    text: `select count(distinct owner)::int as n, count(*) filter (where owner is null)::int as free from core.lease`,
    holds: ({ n, free }) => n === instances && free === 0,
    otherwise: 'the partitions are not spread',
  });
}

async function allHandled(client, remotes, events) {
  await Promise.all(remotes.map((remote) => remote.call('finished')));
  await until(client, {
    text: 'select count(*)::int as n from core.effect',
    holds: ({ n }) => n >= events,
    otherwise: `not all of ${events} events were handled`,
  });
}

async function until(client, { text, holds, otherwise }) {
  for (const deadline = performance.now() + PATIENCE_MS; ; await pause(20)) {
    const { rows } = await client.query(text);
    if (holds(rows[0])) return;
    if (performance.now() > deadline) throw new Error(`${otherwise}: ${JSON.stringify(rows[0])}`);
  }
}

function processorTimes() {
  const times = cpus().map((cpu) => cpu.times);
  const idle = times.reduce((sum, each) => sum + each.idle, 0);
  const all = times.flatMap(Object.values).reduce((sum, each) => sum + each, 0);
  return { idle, all, share: (before) => 1 - (idle - before.idle) / (all - before.all) };
}

/** @param {import('../rounds.mjs').Result[]} results one for each number of instances, ascending */
export function whereItStops(results) {
  const rate = ({ figures }) => figures['events/s'].median;
  const steps = results.slice(1).map((result, i) => rate(result) / rate(results[i]));
  const stop = steps.findIndex((step) => step < GROWTH);
  const last = results[stop === -1 ? results.length - 1 : stop];
  const times = (rate(last) / rate(results[0])).toFixed(2);
  const busy = Math.round(last.figures['CPU %'].median);
  if (stop === 0) return `One instance, at ${busy} % of the processors, handles as much as two.`;
  return stop === -1
    ? `It grows up to ${last.name}, the most that were measured: ${times} times what one handles, at ${busy} % of the processors.`
    : `It stops growing at ${last.name}, which handle ${times} times what one handles, at ${busy} % of the processors.`;
}
