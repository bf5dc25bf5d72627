import { setTimeout as pause } from 'node:timers/promises';
import { perSecond, transaction } from './load.mjs';

const [LANES, SKUS] = [16, 3];
const LOCK = 'select stock from product where sku = $1 for update';
const TAKE = 'update product set stock = stock - 1 where sku = $1';

/** An order's event leads to a change of each of three hot products; orders name them in any order. */
export const sagaCommands = {
  name: 'saga-commands',
  adr: '0003',
  title: `events of orders, each changing the same ${SKUS} products, in ${LANES} lanes`,
  async contenders(context) {
    const [control, ...clients] = await context.clients(LANES + 1);
    await control.query(`
      create table product (sku int primary key, stock int not null) with (fillfactor = 50);
      create table progress (lane int, from_position int, primary key (lane, from_position));
      create table command (id int generated always as identity primary key, sku int not null);
      create index on command (sku, id)`);
    const reset = `truncate product, progress, command; insert into product select n, 0 from generate_series(1, ${SKUS}) n`;
    const measured = (run) => async () => {
      await control.query(reset);
      const lanes = new Map(clients.map((client, number) => [client, { number, position: 0 }]));
      const counts = { deadlocks: 0 };
      const begin = performance.now();
      await run({ clients, lanes, counts, seconds: context.seconds });
      const [{ taken }] = (await control.query('select -sum(stock)::int as taken from product')).rows;
      const seconds = (performance.now() - begin) / 1_000;
      return { 'events/s': taken / SKUS / seconds, deadlocks: counts.deadlocks };
    };
    return [
      { name: 'commands stored, run by themselves', round: measured(stored) },
      { name: 'inside the lane, as the order names them', round: measured((load) => inside(load, (skus) => skus)) },
      { name: 'inside the lane, sorted', round: measured((load) => inside(load, (skus) => skus.toSorted())) },
    ];
  },
};

const shuffled = () => Array.from({ length: SKUS }, (_, n) => n + 1).toSorted(() => Math.random() - 0.5);

const step = (client, lane) => client.query('insert into progress values ($1, $2)', [lane.number, lane.position++]);

async function inside({ clients, lanes, counts, seconds }, inOrder) {
  const end = performance.now() + seconds * 1_000;
  await perSecond(clients, seconds, async (client) => {
    const skus = inOrder(shuffled());
    const handle = async () => {
      for (const sku of skus) await take(client, sku);
      await step(client, lanes.get(client));
    };
    while (performance.now() < end && !(await succeeds(transaction(client, handle), counts))) {
      await pause(Math.random() * 50);
    }
  });
}

async function succeeds(attempt, counts) {
  try {
    await attempt;
    return true;
  } catch (error) {
    if (error.code !== '40P01') throw error;
    counts.deadlocks += 1;
    return false;
  }
}

/** The lanes store three commands with each step; beside them a worker per sku runs one at a time, in stored order. */
async function stored({ clients, lanes, seconds }) {
  const work = { waiting: 0, storing: true };
  const running = Promise.all(clients.slice(0, SKUS).map((client, n) => workOff(client, n + 1, work)));
  await perSecond(clients.slice(SKUS), seconds, async (client) => {
    // What the workers have not done by the end would count for nothing.
    while (work.waiting > 2 * LANES * SKUS) await pause(1);
    await transaction(client, async () => {
      await client.query('insert into command (sku) select unnest($1::int[])', [shuffled()]);
      await step(client, lanes.get(client));
    });
    work.waiting += SKUS;
  });
  work.storing = false;
  await running;
}

async function workOff(client, sku, work) {
  const next = 'delete from command where id = (select id from command where sku = $1 order by id limit 1)';
  while (work.storing || work.waiting > 0) {
    const { rowCount } = await transaction(client, async () => {
      const deleted = await client.query(next, [sku]);
      if (deleted.rowCount > 0) await take(client, sku);
      return deleted;
    });
    work.waiting -= rowCount;
    if (rowCount === 0 && !work.storing) return;
    if (rowCount === 0) await pause(1);
  }
}

async function take(client, sku) {
  await client.query(LOCK, [sku]);
  await client.query(TAKE, [sku]);
}
