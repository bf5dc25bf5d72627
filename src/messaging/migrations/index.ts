import type { MigrationInterface, QueryRunner } from 'typeorm';
import { createMessaging } from './create-messaging.js';

/** Makes the migration class for one schema; an application may keep its messages in a schema of another name. */
export function messagingMigrations(schema = 'messaging'): (new () => MigrationInterface)[] {
  return [
    class CreateMessaging1764000000000 implements MigrationInterface {
      readonly name = 'CreateMessaging1764000000000';

      async up(runner: QueryRunner): Promise<void> {
        await runner.query(createMessaging(schema));
      }

      async down(runner: QueryRunner): Promise<void> {
        await runner.query(`drop schema "${schema}" cascade`);
      }
    },
  ];
}
