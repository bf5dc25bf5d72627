import type { MigrationInterface, QueryRunner } from 'typeorm';

export class CreateRefund1764000003000 implements MigrationInterface {
  name = 'CreateRefund1764000003000';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(UP);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('drop schema refund cascade');
  }
}

const UP = /* sql */ `
create schema refund;

create table refund.payments (
  id uuid primary key,
  version int not null,
  order_id uuid,
  gateway text not null,
  gateway_payment_id text,
  status text not null,
  currency text not null,
  amount bigint not null,
  captured bigint not null,
  refund_total bigint not null,
  failure_code text,
  attention text,
  started_at timestamptz not null,
  captured_at timestamptz,
  constraint payments_status_known check (status in ('started', 'captured', 'failed')),
  -- The domain guards this under the row lock; here it holds even against a bug there.
  constraint payments_never_over_refunded check (0 <= refund_total and refund_total <= captured)
);
create index payments_of_order on refund.payments (order_id);
-- The same capture, or the same hand-written reference, can't be booked twice.
create unique index payments_gateway_id_key on refund.payments (gateway, gateway_payment_id);

create table refund.refunds (
  id uuid primary key,
  version int not null,
  order_id uuid not null,
  payment_id uuid not null references refund.payments,
  gateway text not null,
  gateway_payment_id text not null,
  gateway_refund_id text,
  currency text not null,
  amount bigint not null,
  reason text not null,
  cancellation_id uuid,
  status text not null,
  generation int not null,
  failure_code text,
  attention text,
  requested_at timestamptz not null,
  changed_at timestamptz not null,
  constraint refunds_status_known check (status in ('requested', 'processing', 'pending', 'succeeded', 'failed')),
  constraint refunds_amount_positive check (amount > 0)
);
create index refunds_of_order on refund.refunds (order_id);
create index refunds_of_payment on refund.refunds (payment_id);
-- The work list: few rows among many.
create index refunds_with_attention on refund.refunds (id) where attention is not null;

-- Written before each call to a gateway and completed after it: one without an end was cut off.
create table refund.refund_attempts (
  id uuid primary key,
  refund_id uuid not null references refund.refunds,
  idempotency_key text not null,
  started_at timestamptz not null,
  ended_at timestamptz,
  status text,
  code text
);
create index refund_attempts_of_refund on refund.refund_attempts (refund_id, id);

-- Locked by whoever decides about an order's money, so that two decisions can't overlap.
create table refund.owed (
  order_id uuid primary key,
  amount bigint not null check (amount >= 0),
  cancellation_id uuid
);

-- Webhooks that were taken already; gateways deliver some of them twice.
create table refund.webhook_events (
  gateway text not null,
  event_id text not null,
  type text not null,
  received_at timestamptz not null,
  primary key (gateway, event_id)
);
`;
