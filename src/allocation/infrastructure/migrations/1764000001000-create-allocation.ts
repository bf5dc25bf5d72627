import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * `seq` is the order of arrival. For the back-order queue an identity is enough, although it is drawn before the commit:
 * a line is inserted under the lock of its product.
 *
 * The shares of a line are read and written with the line only, so they are a column of it.
 */
export class CreateAllocation1764000001000 implements MigrationInterface {
  readonly name = 'CreateAllocation1764000001000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE SCHEMA allocation;

      -- Version 0: the sku was inserted to have a row to lock, and nothing is known of it yet.
      CREATE TABLE allocation.products (
        sku              text PRIMARY KEY,
        seq              bigint GENERATED ALWAYS AS IDENTITY,
        name             text,
        unit_price       bigint,
        currency         text,
        active           boolean NOT NULL DEFAULT false,
        backorder_policy text NOT NULL DEFAULT 'deny',
        version          int NOT NULL DEFAULT 0,
        CONSTRAINT products_policy_known CHECK (backorder_policy IN ('deny', 'allow')),
        CONSTRAINT products_price_whole CHECK ((unit_price IS NULL) = (currency IS NULL) AND unit_price >= 0),
        CONSTRAINT products_active_priced CHECK (NOT active OR (name IS NOT NULL AND unit_price IS NOT NULL))
      ) WITH (fillfactor = 50); -- each allocation rewrites the row: room for it on the same page

      CREATE UNIQUE INDEX products_seq ON allocation.products (seq);

      CREATE TABLE allocation.batches (
        ref       text PRIMARY KEY,
        seq       bigint GENERATED ALWAYS AS IDENTITY,
        sku       text NOT NULL REFERENCES allocation.products,
        quantity  int NOT NULL,
        eta       date,
        allocated int NOT NULL,
        shipped   int NOT NULL,
        CONSTRAINT never_more_than_there_is CHECK (0 <= shipped AND shipped <= allocated AND allocated <= quantity)
      ) WITH (fillfactor = 50);

      CREATE UNIQUE INDEX batches_seq ON allocation.batches (seq);
      -- "allocated" is in no index: an allocation stays a heap-only update.
      CREATE INDEX batches_open ON allocation.batches (sku) WHERE shipped < quantity;

      CREATE TABLE allocation.lines (
        order_id  uuid NOT NULL,
        line_id   uuid NOT NULL,
        sku       text NOT NULL REFERENCES allocation.products,
        seq       bigint GENERATED ALWAYS AS IDENTITY,
        origin    text NOT NULL,
        requested int,
        quantity  int NOT NULL,
        state     text NOT NULL,
        shares    jsonb NOT NULL,
        PRIMARY KEY (order_id, line_id),
        CONSTRAINT lines_origin_known CHECK (origin IN ('order', 'team')),
        CONSTRAINT lines_quantity_natural CHECK (0 <= quantity),
        CONSTRAINT lines_state_known CHECK (state IN ('allocated', 'backordered', 'out_of_stock', 'released', 'shipped'))
      );

      CREATE INDEX lines_waiting ON allocation.lines (sku, seq) WHERE state = 'backordered';
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP SCHEMA allocation CASCADE');
  }
}
