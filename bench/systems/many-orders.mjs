/**
 * Orders as a shop has them after two years: most are delivered, what is unfinished is new; a few skus, names and
 * cities are most of all. Written by SQL, with the ids that the service would have given them.
 */
export async function fillOrders(client, { orders, say }) {
  const batch = Math.min(orders, 100_000);
  for (let from = 0; from < orders; from += batch) {
    await client.query(ORDERS, [from, Math.min(from + batch, orders) - 1, orders]);
    say(`${from + batch} orders`);
  }
  await client.query(SKUS);
  await client.query(WORDS);
  await client.query(SUMMARY);
  say('their words, skus and refunds');
  for (const table of ['orders', 'skus', 'words', 'summary']) await client.query(`vacuum analyze orders.${table}`);
}

/** Of its `orders`, the newest 2 % are unfinished; among the older ones 8 % are canceled, and half of those refunded. */
const ORDERS = `
  with numbered as (
    select n, n::float8 / $3 as age, ('x' || substr(md5(n::text), 1, 8))::bit(32)::bigint as chance
      from generate_series($1::int, $2::int) as n),
  dated as (
    select *, now() - interval '730 days' * (1 - age) as placed_at,
           case when age > 0.99 then (array['placed', 'awaiting_payment', 'preparing'])[1 + chance % 3]
                when age > 0.98 then 'shipped'
                when chance % 100 < 8 then 'canceled'
                else 'delivered' end as status,
           -- The smaller the number, the more often it is drawn.
           (power((chance % 1000)::float8 / 1000, 3) * 2000)::int as popular
      from numbered)
  insert into orders.orders (id, version, customer_id, status, lines, total, shipping_info, placed_at, payment_due_at,
                             captures, paid_at, cancellations, shipment, delivered_at)
  select (lpad(to_hex((extract(epoch from placed_at) * 1000)::bigint), 12, '0') || '7' || substr(md5(n || 'a'), 1, 3)
          || '8' || substr(md5(n || 'b'), 1, 15))::uuid,
         5, 'customer-' || chance % 50000, status,
         (select jsonb_agg(jsonb_build_object(
            'lineId', gen_random_uuid(), 'sku', 'SKU-' || (popular + i * 7) % 2000, 'quantity', 2,
            'open', case when status = 'canceled' then 0 else 2 end, 'status', 'allocated',
            'unitPrice', jsonb_build_object('amount', 1990, 'currency', 'EUR'),
            'lineTotal', jsonb_build_object('amount', 3980, 'currency', 'EUR')))
            from generate_series(0, (chance % 3)::int) as i),
         jsonb_build_object('amount', 3980 * (1 + chance % 3), 'currency', 'EUR'),
         jsonb_build_object(
           'receiver', jsonb_build_object('name', 'First' || popular || ' Last' || chance % 5000, 'phone', '+49 30 1234'),
           'address', jsonb_build_object('line1', 'Street 1', 'city', 'City' || popular / 4, 'postalCode', '10115',
                                         'country', 'DE')),
         placed_at, placed_at + interval '30 minutes', '[]', placed_at, '[]',
         case when status in ('shipped', 'delivered')
              then jsonb_build_object('carrier', 'DHL', 'trackingNumber', 'JD' || n, 'shippedAt', placed_at) end,
         case when status = 'delivered' then placed_at + interval '3 days' end
    from dated`;

const SKUS = `
  insert into orders.skus (sku, order_id)
  select distinct line ->> 'sku', id from orders.orders, jsonb_array_elements(lines) as line order by 1, 2`;

const WORDS = `
  insert into orders.words (word, order_id)
  select distinct word, id
    from orders.orders,
         lateral (select id::text union all select customer_id
                  union all select line ->> 'sku' from jsonb_array_elements(lines) as line
                  union all select shipping_info #>> '{receiver,name}'
                  union all select shipping_info #>> '{address,city}'
                  union all select shipment ->> 'trackingNumber') as named (text),
         regexp_split_to_table(lower(text), '\\s+') as word
   order by 1, 2`;

const SUMMARY = `
  insert into orders.summary (order_id, part, id, status, amount, position)
  select id, 'payment', gen_random_uuid(), 'captured', (total ->> 'amount')::bigint, 1 from orders.orders
  union all
  select id, 'allocation', (line ->> 'lineId')::uuid, 'allocated', null, 1
    from orders.orders, jsonb_array_elements(lines) as line
  union all
  select id, 'refund', gen_random_uuid(),
         case hashtext(id::text) % 1000 when 0 then 'needs_attention' when 1 then 'failed' when 2 then 'in_progress'
              else 'completed' end, null, 1
    from orders.orders where status = 'canceled' and hashtext(id::text) % 2 = 0`;
