import type { MigrationInterface, QueryRunner } from 'typeorm';

export class CreateRelay1764000006000 implements MigrationInterface {
  name = 'CreateRelay1764000006000';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(UP);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('drop schema relay cascade');
  }
}

const UP = /* sql */ `
create schema relay;

-- Messages from outside that could not be carried out: acknowledged to the broker, so this is all that is left of them.
create table relay.parked_messages (
  id bigint generated always as identity primary key,
  source text not null,
  -- Null where the sender gave none; the inbox keeps those with one from being parked twice.
  message_id text,
  type text,
  correlation_id text,
  content_type text,
  -- Not jsonb, which refuses NUL: headers are anybody's, and must be kept whatever they are.
  headers json not null,
  -- Bytes, since it may be in any encoding, or in none.
  body bytea not null,
  parked_at timestamptz not null,
  -- Why it was parked, and each attempt of an operator, oldest first.
  history jsonb not null,
  discarded_at timestamptz
);
create index parked_messages_open on relay.parked_messages (id) where discarded_at is null;
`;
