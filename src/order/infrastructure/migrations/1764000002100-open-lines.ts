import type { MigrationInterface, QueryRunner } from 'typeorm';

export class OpenLines1764000002100 implements MigrationInterface {
  readonly name = 'OpenLines1764000002100';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      alter table orders.orders add delivered_at timestamptz;
      alter table orders.orders drop constraint orders_status_known;
      alter table orders.orders add constraint orders_status_known
        check (status in ('placed', 'awaiting_payment', 'preparing', 'shipped', 'delivered', 'canceled'));

      -- Until now orders were canceled whole: a line is open to the last unit, or not at all. Cancellations did not say
      -- what they were worth.
      update orders.orders set
        lines = (
          select jsonb_agg(
            line || jsonb_build_object('open', case when status = 'canceled' then 0 else (line -> 'quantity')::int end)
            order by at)
          from jsonb_array_elements(lines) with ordinality as each (line, at)),
        cancellations = (
          select coalesce(jsonb_agg(cancellation || jsonb_build_object('lines', (
            select jsonb_agg(canceled || jsonb_build_object('keep', 0, 'amount', line -> 'lineTotal') order by at)
            from jsonb_array_elements(cancellation -> 'lines') with ordinality as part (canceled, at)
            join jsonb_array_elements(lines) as line on line -> 'lineId' = canceled -> 'lineId'))), '[]')
          from jsonb_array_elements(cancellations) as cancellation);
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      -- What was delivered has been shipped; an order with canceled parts can't be told any more.
      update orders.orders set status = 'shipped' where status = 'delivered';
      update orders.orders set
        lines = (select jsonb_agg(line - 'open' - 'discount' order by at)
                   from jsonb_array_elements(lines) with ordinality as each (line, at));
      alter table orders.orders drop constraint orders_status_known;
      alter table orders.orders add constraint orders_status_known
        check (status in ('placed', 'awaiting_payment', 'preparing', 'shipped', 'canceled'));
      alter table orders.orders drop delivered_at;
    `);
  }
}
