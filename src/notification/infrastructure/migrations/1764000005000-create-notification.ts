import type { MigrationInterface, QueryRunner } from 'typeorm';

export class CreateNotification1764000005000 implements MigrationInterface {
  readonly name = 'CreateNotification1764000005000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create schema notification;

      -- One row per mail, with its attempts: a mail has about ten of them, and nothing reads one without the mail.
      create table notification.notifications (
        id uuid primary key,
        version int not null,
        dedupe_key text not null,
        template text not null,
        customer_id text,
        order_id uuid,
        address text,
        name text,
        subject text,
        text text,
        html text,
        status text not null,
        edition int not null,
        message_id text not null,
        failure_code text,
        attempts jsonb not null,
        created_at timestamptz not null,
        sent_at timestamptz,
        erased_at timestamptz,
        constraint notifications_status_known check (status in ('pending', 'sent', 'failed', 'kept')),
        -- An attempt that ends after the erasure, or a person who resends, can't bring back what is gone.
        constraint notifications_erased_whole
          check (erased_at is null or coalesce(address, name, subject, text, html) is null)
      );

      -- An event that is handled twice, and two events about the same thing, make one mail.
      create unique index notifications_dedupe_key on notification.notifications (dedupe_key);
      -- The lists: ids are UUIDs of version 7, so all are read backwards for "newest first".
      create index notifications_with_status on notification.notifications (status, id);
      create index notifications_of_template on notification.notifications (template, id);
      create index notifications_to_customer on notification.notifications (customer_id, id)
        where customer_id is not null;
      create index notifications_about_order on notification.notifications (order_id, id) where order_id is not null;
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      drop table notification.notifications;
      drop schema notification;
    `);
  }
}
