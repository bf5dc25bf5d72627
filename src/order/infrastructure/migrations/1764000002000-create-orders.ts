import type { MigrationInterface, QueryRunner } from 'typeorm';

export class CreateOrders1764000002000 implements MigrationInterface {
  readonly name = 'CreateOrders1764000002000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create schema orders;

      -- One row per order, read and written whole under its lock: an order has at most 100 lines, and nothing reads a
      -- line without its order.
      create table orders.orders (
        id uuid primary key,
        version int not null,
        customer_id text not null,
        status text not null,
        lines jsonb not null,
        total jsonb not null,
        shipping_info jsonb not null,
        placed_at timestamptz not null,
        payment_due_at timestamptz not null,
        captures jsonb not null,
        paid_at timestamptz,
        cancellations jsonb not null,
        shipment jsonb,
        constraint orders_status_known
          check (status in ('placed', 'awaiting_payment', 'preparing', 'shipped', 'canceled'))
      );

      -- The lists: ids are UUIDs of version 7, so both are read backwards for "newest first".
      create index orders_of_customer on orders.orders (customer_id, id);
      create index orders_with_status on orders.orders (status, id);

      -- The key makes the projection idempotent. No foreign key: it would lock the order's row for each entry.
      create table orders.timeline (
        event_id uuid primary key,
        order_id uuid not null,
        position bigint not null,
        type text not null,
        text text not null,
        data jsonb not null,
        occurred_at timestamptz not null
      );
      create index timeline_of_order on orders.timeline (order_id, position);
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      drop table orders.timeline;
      drop table orders.orders;
      drop schema orders;
    `);
  }
}
