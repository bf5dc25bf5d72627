import { setTimeout as pause } from 'node:timers/promises';
import { percentile } from '../statistics.mjs';
import { transaction } from './load.mjs';
import { READERS } from './readers.mjs';

const [WRITERS, STREAMS, POLL_MS, FOREIGN_MS] = [40, 100, 5, 500];
export const reading = {
  name: 'reading',
  adr: '0001, 0007',
  title: `${WRITERS} writers who lock, append, pause and roll back; one reader every ${POLL_MS} ms; one other transaction open for ${FOREIGN_MS} ms`,
  async contenders(context) {
    const [reader, foreign, ...writers] = await context.clients(WRITERS + 2);
    await context.createMessaging(reader);
    await reader.query(`
      create table stream (id int primary key, number int not null);
      create table event (id int generated always as identity primary key, xid xid8 not null default pg_current_xact_id(),
                          stream int not null, number int not null);
      create index on event (xid, id)`);
    return Object.entries(READERS).map(([name, way]) => ({
      name,
      round: () => round(way, { reader, foreign, writers, seconds: context.seconds }),
    }));
  },
};

async function round(way, { reader, foreign, writers, seconds }) {
  await reader.query(`truncate event, stream; insert into stream select n, 0 from generate_series(1, ${STREAMS}) n`);
  const first = await way.first(reader);
  const [seen, sent] = [[], new Map()];
  let [place, writing] = [first, true];
  const read = async () => {
    if (way.prepare) await reader.query(way.prepare);
    const { rows } = await reader.query(way.page(place));
    for (const { stream, number } of rows) seen.push({ stream, number, at: performance.now() });
    place = way.next(place, rows);
    return rows.length;
  };
  const reads = (async () => {
    while (writing) await read().then(() => pause(POLL_MS));
    while ((await read()) > 0);
  })();
  const other = transaction(foreign, () =>
    foreign.query('select pg_current_xact_id(), pg_sleep($1)', [FOREIGN_MS / 1_000]),
  );
  const end = performance.now() + seconds * 1_000;
  await Promise.all(writers.map((writer) => write(writer, way, { end, sent })));
  await other;
  writing = false;
  await reads;
  return compare(seen, await way.all(reader, first), sent);
}

async function write(client, way, { end, sent }) {
  const again = (error) => {
    if (!(error instanceof Regret) && error.code !== '40001') throw error;
  };
  while (performance.now() < end) {
    await transaction(client, () => appendSome(client, way, sent), way.isolation).catch(again);
  }
}

/** Like a unit of work that changes a few aggregates: each event is appended under its aggregate's lock. */
async function appendSome(client, way, sent) {
  const anyStream = () => 1 + Math.floor(Math.random() * STREAMS);
  const streams = [...new Set([anyStream(), anyStream(), anyStream()])].toSorted((a, b) => a - b);
  const events = [];
  for (const stream of streams) {
    const lock = 'update stream set number = number + 1 where id = $1 returning number';
    const [{ number }] = (await client.query(lock, [stream])).rows;
    await client.query(way.event(stream, number));
    events.push(nameOf({ stream, number }));
    await pause(Math.random() * 4);
  }
  if (Math.random() < 0.1) throw new Regret();
  for (const event of events) sent.set(event, performance.now());
}

class Regret extends Error {}

const nameOf = ({ stream, number }) => `${stream} ${number}`;

function compare(seen, all, sent) {
  const delays = new Map();
  const newest = new Map();
  let swapped = 0;
  for (const event of seen) {
    const { stream, number, at } = event;
    if (delays.has(nameOf(event))) continue;
    delays.set(nameOf(event), at - sent.get(nameOf(event)));
    if (number < (newest.get(stream) ?? 0)) swapped += 1;
    newest.set(stream, Math.max(number, newest.get(stream) ?? 0));
  }
  const lost = all.filter((event) => !delays.has(nameOf(event))).length;
  return {
    events: all.length,
    'lost %': (100 * lost) / all.length,
    'doubled %': (100 * (seen.length - delays.size)) / all.length,
    'swapped %': (100 * swapped) / all.length,
    'delay p50 ms': percentile([...delays.values()], 0.5),
    'longest ms': Math.max(...delays.values()),
  };
}
