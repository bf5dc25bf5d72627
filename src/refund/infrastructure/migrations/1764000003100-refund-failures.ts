import type { MigrationInterface, QueryRunner } from 'typeorm';

export class RefundFailures1764000003100 implements MigrationInterface {
  name = 'RefundFailures1764000003100';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(UP);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(DOWN);
  }
}

const UP = /* sql */ `
alter table refund.refunds
  add column renewals int not null default 0,
  add column asked_at timestamptz,
  add column actions jsonb not null default '[]',
  drop constraint refunds_status_known,
  add constraint refunds_status_known check
    (status in ('requested', 'processing', 'pending', 'succeeded', 'failed', 'resolved', 'canceled'));

-- Keys that are in use count from their first call, not from this migration.
update refund.refunds r set asked_at = a.first
  from (select refund_id, min(started_at) as first from refund.refund_attempts group by refund_id) a
 where a.refund_id = r.id;

-- The aggregate names every column; a default would only hide one that it forgot.
alter table refund.refunds alter column renewals drop default, alter column actions drop default;

-- Look-ups at the gateway are calls too, without a key.
alter table refund.refund_attempts
  add column call text not null default 'refund',
  alter column idempotency_key drop not null;
alter table refund.refund_attempts alter column call drop default;

-- For the reconciliation: few rows among many.
create index refunds_unfinished on refund.refunds (changed_at) where status in ('processing', 'pending');
create index payments_open on refund.payments (started_at) where status in ('started', 'failed');
`;

const DOWN = /* sql */ `
drop index refund.payments_open;
drop index refund.refunds_unfinished;
delete from refund.refund_attempts where idempotency_key is null;
alter table refund.refund_attempts drop column call, alter column idempotency_key set not null;
-- What the older version can't name: both are closed, and nothing is due.
update refund.refunds set status = 'failed' where status in ('resolved', 'canceled');
alter table refund.refunds
  drop column actions,
  drop column asked_at,
  drop column renewals,
  drop constraint refunds_status_known,
  add constraint refunds_status_known check (status in ('requested', 'processing', 'pending', 'succeeded', 'failed'));
`;
