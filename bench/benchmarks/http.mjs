import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';
import { inTurn } from '../rounds.mjs';
import { percentile } from '../statistics.mjs';
import { startProcess } from '../systems/process.mjs';
import { startService } from '../systems/service.mjs';
import { Shop } from '../systems/shop.mjs';

const CONCURRENCY = 16;
/** Stock is locked per product while an order takes its share; one product alone would be the bottleneck. */
const SKUS = Array.from({ length: 20 }, (_, i) => `SKU-${i}`);
const PATIENCE_MS = 120_000;

/**
 * Placing orders over HTTP. The server by hand answers and does nothing more, so the service is measured twice: while it
 * leaves what follows from an order for later, and while it allocates stock and so on, some ten transactions an order.
 */
export async function http(context) {
  const own = await service(context.server);
  const peer = await byHand(context.server);
  const seconds = context.pick({ full: 6, quick: 2, smoke: 0.5 });
  const contenders = [
    { name: 'Aftercommit', role: 'own', round: () => own.later(() => round(own.shop, seconds)) },
    { name: 'bare Fastify and pg', role: 'limit', round: () => round(peer.shop, seconds) },
    {
      name: 'Aftercommit, handling',
      how: 'while it allocates stock and does what else follows',
      round: () => own.meanwhile(() => round(own.shop, seconds)),
    },
  ];
  try {
    return [
      {
        title: `http: POST /v1/orders on ${CONCURRENCY} connections`,
        what: 'The limit is the same SQL behind bare Fastify. The service leaves what follows from an order for later, as the limit does, and in a line of its own does it meanwhile.',
        results: await inTurn(contenders, context),
        bars: [{ figure: 'requests/s', atLeast: 0.5, than: 'limit' }],
      },
    ];
  } finally {
    for (const each of [own, peer]) await each.stop();
  }
}

async function service(server) {
  const database = await server.createDatabase('service');
  const client = new pg.Client({ connectionString: database.url });
  const running = await startService(database.url);
  const shop = new Shop(running.url);
  await shop.offer(SKUS);
  await client.connect();
  const stop = async () => {
    shop.close();
    await running.stop();
    await client.end();
    await database.drop();
  };
  const meanwhile = async (work) => {
    const figures = await work();
    await allHandled(client);
    return figures;
  };
  return { shop, stop, meanwhile, later: (work) => meanwhile(() => unsequenced(client, work)) };
}

/** The service makes its tables and products; then the server by hand takes its place. */
async function byHand(server) {
  const database = await server.createDatabase('by_hand');
  const preparing = await startService(database.url);
  const preparer = new Shop(preparing.url);
  await preparer.offer(SKUS);
  preparer.close();
  await preparing.stop();
  const running = await startProcess('bench/systems/bare-orders.mjs', { DATABASE_URL: database.url });
  const shop = new Shop(running.url);
  const stop = async () => {
    shop.close();
    await running.stop();
    await database.drop();
  };
  return { shop, stop };
}

async function round(shop, seconds) {
  const took = [];
  const begin = performance.now();
  const end = begin + seconds * 1_000;
  const customer = async (_, index) => {
    for (let placed = 0; performance.now() < end; placed++) {
      const sent = performance.now();
      await shop.order(`customer-${index}`, SKUS[(index + placed) % SKUS.length]);
      took.push(performance.now() - sent);
    }
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, customer));
  const all = (performance.now() - begin) / 1_000;
  return { 'requests/s': took.length / all, 'p50 ms': percentile(took, 0.5), 'p99 ms': percentile(took, 0.99) };
}

/** While the sequencer's lock is ours, events stay in the outbox. */
async function unsequenced(client, work) {
  const lock = `hashtext('messaging.sequence_outbox')`;
  await client.query(`select pg_advisory_lock(${lock})`);
  try {
    return await work();
  } finally {
    await client.query(`select pg_advisory_unlock(${lock})`);
  }
}

/** What is left to do after a round would slow the next one. */
async function allHandled(client) {
  const deadline = performance.now() + PATIENCE_MS;
  for (;;) {
    const { rows } = await client.query(`
      select (select count(*) from orders.orders where status = 'placed')
           + (select count(*) from messaging.queued_command where due_at <= now())
           + (select count(*) from messaging.outbox) as open`);
    if (rows[0].open === '0') return;
    if (performance.now() > deadline) throw new Error(`Aftercommit: ${rows[0].open} orders or commands stay undone`);
    await pause(100);
  }
}
