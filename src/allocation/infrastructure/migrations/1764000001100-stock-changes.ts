import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Who loses stock last, and who waits least. Whether a customer is a VIP, or an order paid, is looked up when it matters
 * rather than kept with each line: both may become known before the line or after it, and neither takes the lock of a
 * product that everybody wants.
 */
export class StockChanges1764000001100 implements MigrationInterface {
  readonly name = 'StockChanges1764000001100';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE allocation.products ADD COLUMN ran_out boolean NOT NULL DEFAULT false;
      -- Null for a team's line, and for one from before this migration.
      ALTER TABLE allocation.lines ADD COLUMN customer_id text;

      -- The lines that hold units of a batch: what is shipped or released is not in it. Without the pending list, which
      -- makes one unlucky allocation among many write all of it, under the lock of its product.
      CREATE INDEX lines_of_batch ON allocation.lines USING gin (jsonb_path_query_array(shares, '$[*].ref'))
        WITH (fastupdate = off) WHERE state = 'allocated';

      CREATE TABLE allocation.vips (customer_id text PRIMARY KEY);
      CREATE TABLE allocation.paid_orders (order_id uuid PRIMARY KEY);
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      DROP TABLE allocation.paid_orders;
      DROP TABLE allocation.vips;
      DROP INDEX allocation.lines_of_batch;
      ALTER TABLE allocation.lines DROP COLUMN customer_id;
      ALTER TABLE allocation.products DROP COLUMN ran_out;
    `);
  }
}
