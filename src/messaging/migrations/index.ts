import type { MigrationInterface, QueryRunner } from 'typeorm';
import { createMessaging } from './create-messaging.js';

/**
 * TypeORM's migrations for one schema; an application may keep its messages in a schema of another name. TypeORM knows
 * a migration by its name, so that of each schema is its own: two may lie in one database.
 */
export function messagingMigrations(schema = 'messaging'): (new () => MigrationInterface)[] {
  return [
    class implements MigrationInterface {
      readonly name = `CreateMessaging${schema === 'messaging' ? '' : `_${schema}_`}1764000000000`;

      async up(runner: QueryRunner): Promise<void> {
        await runner.query(messagingSql(schema));
      }

      async down(runner: QueryRunner): Promise<void> {
        await runner.query(messagingSql(schema, { down: true }));
      }
    },
  ];
}

/** The same as SQL, for another migration tool. */
export function messagingSql(schema = 'messaging', { down = false } = {}): string {
  const create = createMessaging(schema);
  return down ? `drop schema "${schema}" cascade;\n` : create;
}
