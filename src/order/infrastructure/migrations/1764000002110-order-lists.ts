import type { MigrationInterface, QueryRunner } from 'typeorm';

export class OrderLists1764000002110 implements MigrationInterface {
  readonly name = 'OrderLists1764000002110';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      -- What a list is filtered by and an index on orders can't give in the order of their ids: each key is read
      -- backwards for "newest first" from any cursor on. Written with the order, in its transaction. No foreign keys:
      -- orders are never deleted.
      create table orders.skus (sku text, order_id uuid, primary key (sku, order_id));
      create table orders.words (word text, order_id uuid, primary key (word, order_id));

      -- Who gets the offer; told by the customer module.
      create table orders.vips (customer_id text primary key, vip_since timestamptz not null);

      -- What became of each payment, each line's stock and each refund of an order: the last that was heard of each.
      -- One row per thing and not per order, because things have streams, and so lanes, of their own: two lanes never
      -- write the same row, so they can't wait for each other, and what they wrote doesn't depend on who came first.
      create table orders.summary (
        order_id uuid not null,
        part text not null,
        id uuid not null,
        status text not null,
        -- Of money, in minor units of the order's currency.
        amount bigint,
        -- In the log, of the event that said so: an older one changes nothing.
        position bigint not null,
        primary key (order_id, part, id),
        constraint summary_part_known check (part in ('payment', 'allocation', 'refund'))
      );
      create index summary_refunds on orders.summary (status, order_id) where part = 'refund';
      -- A status belongs to one part. Taken for independent, the two make the refunds seem a hundred times fewer, and
      -- lists are sorted whole instead of being read in order.
      create statistics orders.summary_status_of_part (mcv) on part, status from orders.summary;

      insert into orders.skus (sku, order_id)
      select distinct line ->> 'sku', id from orders.orders, jsonb_array_elements(lines) as line;

      insert into orders.words (word, order_id)
      select distinct word, id
        from orders.orders,
             lateral (select id::text union all select customer_id
                      union all select line ->> 'sku' from jsonb_array_elements(lines) as line
                      union all select shipping_info #>> '{receiver,name}'
                      union all select shipping_info #>> '{address,city}'
                      union all select shipment ->> 'trackingNumber') as named (text),
             regexp_split_to_table(lower(normalize(text, nfkc)), '[\\s,]+') as word
       where word <> '';

      -- From what the timelines kept.
      insert into orders.summary (order_id, part, id, status, amount, position)
      select distinct on (order_id, part, data ->> thing)
             order_id, part, (data ->> thing)::uuid, status,
             max(case when part = 'payment' and status = 'captured' then (data #>> '{amount,amount}')::bigint end)
               over (partition by order_id, part, data ->> thing),
             position
        from orders.timeline join (values
          ('payment.captured', 'payment', 'paymentId', 'captured'),
          ('payment.failed', 'payment', 'paymentId', 'failed'),
          ('product.stock-allocated', 'allocation', 'lineId', 'allocated'),
          ('product.line-backordered', 'allocation', 'lineId', 'backordered'),
          ('product.out-of-stock', 'allocation', 'lineId', 'out_of_stock'),
          ('product.stock-deallocated', 'allocation', 'lineId', 'released'),
          ('refund.requested', 'refund', 'refundId', 'in_progress'),
          ('refund.pending', 'refund', 'refundId', 'in_progress'),
          ('refund.succeeded', 'refund', 'refundId', 'completed'),
          ('refund.resolved', 'refund', 'refundId', 'completed'),
          ('refund.failed', 'refund', 'refundId', 'failed'),
          ('refund.canceled', 'refund', 'refundId', 'canceled'),
          ('refund.attention-raised', 'refund', 'refundId', 'needs_attention')
        ) as meaning (type, part, thing, status) using (type)
       where type <> 'product.stock-deallocated' or (data -> 'kept')::int = 0
       order by order_id, part, data ->> thing, position desc;
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      drop table orders.summary;
      drop table orders.vips;
      drop table orders.words;
      drop table orders.skus;
    `);
  }
}
