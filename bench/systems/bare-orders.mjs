/** `POST /v1/orders` by hand: the statements of the service behind Fastify and `pg` alone, in a process of its own. */
import { randomUUID } from 'node:crypto';
import Fastify from 'fastify';
import pg from 'pg';
import { connectionOptions } from '../../dist/src/database/connection-options.js';

const PAYMENT_DUE_MS = 30 * 60_000;

const pool = new pg.Pool({ ...connectionOptions({}).extra, connectionString: process.env.DATABASE_URL, max: 10 });
const server = Fastify();

server.post('/v1/orders', async (request, reply) => {
  const id = await place(request.body, request.headers['idempotency-key']);
  const { rows } = await pool.query({ ...SQL.read, values: [id, null] });
  return reply.code(201).header('Location', `/v1/orders/${id}`).send(rows[0]);
});

async function place(request, key) {
  const client = await pool.connect();
  try {
    const begun = client.query('BEGIN');
    await Promise.all([begun, client.query({ ...SQL.claimKey, values: ['operator:local', key, 'fingerprint'] })]);
    const skus = request.lines.map((line) => line.sku);
    const [{ rows: offers }] = await Promise.all([
      client.query({ ...SQL.offers, values: [skus] }),
      client.query({ ...SQL.isVip, values: [request.customerId, new Date()] }),
    ]);
    const order = price(request, new Map(offers.map((offer) => [offer.sku, offer.unitPrice])));
    await client.query({ ...SQL.insert, values: rowOf(order) });
    await Promise.all([
      client.query({ ...SQL.index, values: [order.id, [...new Set(skus)], wordsOf(order)] }),
      client.query({ ...SQL.completeKey, values: ['operator:local', key, order.id] }),
      client.query({ ...SQL.storeCommand, values: commandOf(order) }),
      client.query({ ...SQL.append, values: eventOf(order) }),
      client.query('COMMIT'),
    ]);
    client.release();
    return order.id;
  } catch (error) {
    client.release(error);
    throw error;
  }
}

function price({ customerId, currency, lines, shippingInfo }, prices) {
  const placedAt = new Date();
  const priced = lines.map(({ sku, quantity }) => {
    const unitPrice = prices.get(sku);
    const lineTotal = { amount: unitPrice.amount * quantity, currency };
    return { lineId: randomUUID(), sku, quantity, unitPrice, lineTotal, status: 'pending' };
  });
  const total = { amount: priced.reduce((sum, line) => sum + line.lineTotal.amount, 0), currency };
  const paymentDueAt = new Date(placedAt.getTime() + PAYMENT_DUE_MS);
  return { id: randomUUID(), customerId, lines: priced, total, shippingInfo, placedAt, paymentDueAt };
}

function rowOf({ id, customerId, lines, total, shippingInfo, placedAt, paymentDueAt }) {
  const documents = [lines, total, shippingInfo].map((document) => JSON.stringify(document));
  return [id, 1, customerId, 'placed', ...documents, placedAt, paymentDueAt, '[]', null, '[]', null];
}

function eventOf({ id, customerId, shippingInfo, ...order }) {
  const partition = Number.parseInt(id[0], 16);
  const payload = JSON.stringify({ orderId: id, customerId, ...order });
  return [randomUUID(), id, partition, payload, order.placedAt, customerId, JSON.stringify({ shippingInfo })];
}

/** The command that is to look in vain for the order's payment. */
function commandOf({ id, paymentDueAt }) {
  return [randomUUID(), JSON.stringify({ orderId: id }), `order:${id}`, paymentDueAt, `bench:${id}`];
}

const wordsOf = ({ id, customerId, lines, shippingInfo: { receiver, address } }) => [
  ...new Set(
    [id, customerId, ...lines.map(({ sku }) => sku), receiver.name, address.city].flatMap((text) =>
      text.toLowerCase().split(/\s+/),
    ),
  ),
];

/** Named, so that PostgreSQL keeps their plans. */
const SQL = {
  claimKey: {
    name: 'claim-key',
    text: `insert into messaging.idempotency_key (caller, key, fingerprint) values ($1, $2, $3)
           on conflict do nothing returning key`,
  },
  offers: {
    name: 'offers',
    text: `select sku, name, jsonb_build_object('amount', unit_price, 'currency', currency) as "unitPrice"
             from allocation.products where sku = any ($1) and active`,
  },
  isVip: { name: 'is-vip', text: 'select 1 from orders.vips where customer_id = $1 and vip_since < $2' },
  index: {
    name: 'index',
    text: `with by_sku as (insert into orders.skus (sku, order_id) select sku, $1 from unnest($2::text[]) as sku)
           insert into orders.words (word, order_id) select word, $1 from unnest($3::text[]) as word`,
  },
  storeCommand: {
    name: 'store-command',
    text: `insert into messaging.queued_command (command_id, type, schema_version, payload, headers, key, due_at, dedupe_key)
           values ($1, 'order.expire-order', 1, $2, '{}', $3, $4, $5) on conflict (dedupe_key) do nothing`,
  },
  insert: {
    name: 'insert',
    text: `insert into orders.orders (id, version, customer_id, status, lines, total, shipping_info, placed_at,
                                      payment_due_at, captures, paid_at, cancellations, shipment)
           values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)`,
  },
  completeKey: {
    name: 'complete-key',
    text: 'update messaging.idempotency_key set result = $3 where caller = $1 and key = $2',
  },
  append: {
    name: 'append',
    text: `with personal as (insert into messaging.event_personal (event_id, subject_id, data) values ($1, $6, $7))
           insert into messaging.outbox (event_id, stream_type, stream_id, stream_version, partition, type,
                                         schema_version, payload, headers, occurred_at)
           values ($1, 'order', $2, 1, $3, 'order.placed', 1, $4, '{}', $5)`,
  },
  read: {
    name: 'read',
    text: `select id, customer_id as "customerId", status, lines, total, shipping_info as "shippingInfo",
                  placed_at as "placedAt", payment_due_at as "paymentDueAt", paid_at as "paidAt", shipment, version
             from orders.orders where id = $1 and ($2::text is null or customer_id = $2)`,
  },
};

process.once('SIGTERM', async () => {
  await server.close();
  await pool.end();
  process.exit();
});
process.stdout.write(`listens on ${await server.listen({ port: 0, host: '127.0.0.1' })}\n`);
