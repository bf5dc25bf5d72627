import type { MigrationInterface, QueryRunner } from 'typeorm';

export class CreateCustomer1764000004000 implements MigrationInterface {
  readonly name = 'CreateCustomer1764000004000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create schema customer;

      -- One row for everybody who registered or bought something. The defaults are those of somebody who was just heard
      -- of: such a row is made first and then locked, so that two first purchases at once both count.
      create table customer.customers (
        id text primary key,
        version int not null default 0,
        -- Read and written whole; null is what erasure leaves of it.
        profile jsonb,
        purchases int not null default 0,
        vip_since timestamptz,
        first_seen_at timestamptz not null,
        registered_at timestamptz,
        erased_at timestamptz,
        constraint customers_purchases_not_negative check (purchases >= 0)
      );
      -- Nobody tells two people apart by the case of an address.
      create unique index customers_email_key on customer.customers (lower(profile ->> 'email'));
      -- The list, newest first.
      create index customers_first_seen on customer.customers (first_seen_at, id);

      -- A purchase is an order: the key makes counting it twice impossible, whatever else is told of it.
      create table customer.purchases (
        order_id uuid primary key,
        customer_id text not null references customer.customers,
        total jsonb not null,
        paid_at timestamptz not null,
        canceled_at timestamptz
      );
      create index purchases_of_customer on customer.purchases (customer_id, order_id);
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      drop table customer.purchases;
      drop table customer.customers;
      drop schema customer;
    `);
  }
}
