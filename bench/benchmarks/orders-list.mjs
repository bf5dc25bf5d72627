import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { listStatement } from '../../dist/src/order/application/order-list.js';
import { inTurn } from '../rounds.mjs';
import { percentile } from '../statistics.mjs';
import { fillOrders } from '../systems/many-orders.mjs';
import { startService } from '../systems/service.mjs';

/** At every one of these parts of the list a page is read: at its beginning, in its middle, near its end. */
const DEPTHS = [0, 0.1, 0.5, 0.9, 0.99];
const PLANS = '.data/bench/orders-list';

/** GET /v1/orders over HTTP among 10^6 orders, with each filter and at any cursor; the plans are saved beside the figures. */
export async function ordersList(context) {
  const { orders, calls } = context.pick({
    full: { orders: 1_000_000, calls: 20 },
    quick: { orders: 100_000, calls: 4 },
    smoke: { orders: 20_000, calls: 1 },
  });
  const database = await context.server.createDatabase('orders_list');
  const client = new pg.Client({ connectionString: database.url });
  const running = await startService(database.url);
  await client.connect();
  try {
    await fillOrders(client, { orders, say: context.say });
    const filters = await filtersFor(client);
    await mkdir(PLANS, { recursive: true });
    const contenders = [];
    for (const [name, filter] of Object.entries(filters)) {
      const cursors = await cursorsOf(client, filter);
      await savePlans(client, { name, filter, cursors });
      contenders.push({ name, round: () => round(running.url, { filter, cursors, calls }) });
    }
    context.say(`plans are in ${PLANS}`);
    const results = await inTurn(contenders, context);
    const title = `orders-list: GET /v1/orders among ${orders} orders, ${DEPTHS.length} cursors, limit 20`;
    const what = `Each filter at ${DEPTHS.length} places of the list that it gives, ${calls} calls at each.`;
    return [{ title, what, results, bars: [{ figure: 'p99 ms', atMost: 50 }] }];
  } finally {
    await running.stop();
    await client.end();
    await database.drop();
  }
}

async function filtersFor(client) {
  const one = async (sql) => (await client.query(sql)).rows[0];
  const ago = (days) => new Date(Date.now() - days * 86_400_000).toISOString();
  const { id, word } = await one(
    `select id, split_part(shipping_info #>> '{receiver,name}', ' ', 2) as word from orders.orders
      order by id offset 12345 limit 1`,
  );
  const statuses = ['placed', 'awaiting_payment', 'preparing', 'shipped', 'delivered', 'canceled'];
  const refunds = ['none', 'needs_attention', 'failed', 'in_progress', 'completed', 'canceled'];
  return {
    'no filter': {},
    ...Object.fromEntries(statuses.map((status) => [`status=${status}`, { status }])),
    customerId: { customerId: 'customer-77' },
    'sku, the most frequent': { sku: 'SKU-0' },
    'sku, a rare one': { sku: 'SKU-1999' },
    'sku, unknown': { sku: 'NOTHING' },
    'placed in a month': { placedFrom: ago(400), placedTo: ago(370) },
    'placed long ago': { placedTo: ago(700) },
    ...Object.fromEntries(refunds.map((refundStatus) => [`refundStatus=${refundStatus}`, { refundStatus }])),
    'q, a frequent city': { q: 'city0' },
    'q, a name': { q: word },
    'q, an order id': { q: id },
    'q, two frequent words': { q: 'first0 city0' },
    'q, unknown': { q: 'nobody' },
    'sku and status=canceled': { sku: 'SKU-0', status: 'canceled' },
    'sku and status=preparing': { sku: 'SKU-0', status: 'preparing' },
    'status and time': { status: 'canceled', placedFrom: ago(400), placedTo: ago(370) },
    'q and refundStatus': { q: 'city0', refundStatus: 'completed' },
    everything: {
      q: 'city0',
      sku: 'SKU-0',
      status: 'canceled',
      refundStatus: 'completed',
      placedFrom: ago(400),
      placedTo: ago(30),
    },
  };
}

const parsed = ({ placedFrom, placedTo, ...filter }) => ({
  ...filter,
  placedFrom: placedFrom && new Date(placedFrom),
  placedTo: placedTo && new Date(placedTo),
});

/** Ids at the depths of the list that a filter gives; where it is short, the same one again. */
async function cursorsOf(client, filter) {
  const { sql, values } = listStatement({ ...parsed(filter), limit: 10_000_000 });
  const page = sql.slice(sql.indexOf('(') + 1, sql.indexOf(')\n'));
  const { rows } = await client.query(page, values);
  return DEPTHS.map((depth) => (depth === 0 ? undefined : rows[Math.floor(rows.length * depth)]?.id));
}

async function savePlans(client, { name, filter, cursors }) {
  const plans = [];
  for (const [i, cursor] of cursors.entries()) {
    const { sql, values } = listStatement({ ...parsed(filter), cursor, limit: 20 });
    const { rows } = await client.query(`explain (analyze, buffers) ${sql}`, values);
    plans.push(`-- at ${DEPTHS[i] * 100} % of the list`, ...rows.map((row) => row['QUERY PLAN']), '');
  }
  await writeFile(join(PLANS, `${name.replaceAll(/\W+/g, '-')}.txt`), plans.join('\n'));
}

async function round(url, { filter, cursors, calls }) {
  const took = [];
  for (const cursor of cursors) {
    const query = new URLSearchParams({ ...filter, ...(cursor && { cursor }), limit: '20' });
    for (let call = 0; call < calls; call++) took.push(await timeOf(`${url}/v1/orders?${query}`));
  }
  return { 'p50 ms': percentile(took, 0.5), 'p99 ms': percentile(took, 0.99) };
}

async function timeOf(url) {
  const sent = performance.now();
  const answer = await fetch(url);
  const body = await answer.text();
  const ms = performance.now() - sent;
  if (answer.status !== 200) throw new Error(`${url}: ${answer.status} ${body}`);
  return ms;
}
