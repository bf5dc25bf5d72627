import type { MigrationInterface, QueryRunner } from 'typeorm';

export class StaffAndGatewayDecide1764000003200 implements MigrationInterface {
  name = 'StaffAndGatewayDecide1764000003200';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(UP);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(DOWN);
  }
}

const UP = /* sql */ `
-- What lowers it may be heard of before the placing: then it is below zero, and the order not placed yet.
alter table refund.owed
  drop constraint owed_amount_check,
  add column placed boolean not null default true,
  add column line_cancellations uuid[] not null default '{}';
alter table refund.owed rename column amount to balance;
alter table refund.owed alter column placed drop default, alter column line_cancellations drop default;

alter table refund.payments
  add column over_refunded bigint not null default 0,
  add column disputes jsonb not null default '[]',
  add column actions jsonb not null default '[]',
  drop constraint payments_status_known,
  add constraint payments_status_known check (status in ('started', 'captured', 'failed', 'canceled')),
  -- We never refund more than was captured; people can, past us, and then it is on record how much.
  drop constraint payments_never_over_refunded,
  add constraint payments_never_over_refunded check (0 <= refund_total and refund_total <= captured + over_refunded);
-- The aggregate names every column; a default would only hide one that it forgot.
alter table refund.payments
  alter column over_refunded drop default,
  alter column disputes drop default,
  alter column actions drop default;
-- The work list: few rows among many.
create index payments_with_attention on refund.payments (id) where attention is not null;

-- The same refund of the gateway can't be counted twice, whoever tells of it first.
create unique index refunds_gateway_id_key on refund.refunds (gateway, gateway_refund_id);
`;

const DOWN = /* sql */ `
drop index refund.refunds_gateway_id_key;
drop index refund.payments_with_attention;
-- What the older version can't name, nor hold.
update refund.payments set status = 'failed' where status = 'canceled';
update refund.payments set refund_total = captured where refund_total > captured;
alter table refund.payments
  drop column over_refunded,
  drop column disputes,
  drop column actions,
  drop constraint payments_status_known,
  add constraint payments_status_known check (status in ('started', 'captured', 'failed')),
  drop constraint if exists payments_never_over_refunded,
  add constraint payments_never_over_refunded check (0 <= refund_total and refund_total <= captured);
delete from refund.owed where not placed and cancellation_id is null;
update refund.owed set balance = 0 where balance < 0;
alter table refund.owed rename column balance to amount;
alter table refund.owed
  drop column placed,
  drop column line_cancellations,
  add constraint owed_amount_check check (amount >= 0);
`;
