import { randomBytes } from 'node:crypto';
import { Client } from 'pg';

export interface TestDatabase {
  readonly url: string;
  drop(): Promise<void>;
}

interface TestDatabaseOptions {
  readonly migrated?: boolean;
  /** Another one, to which nobody is connected. */
  readonly copyOf?: TestDatabase;
}

/** A database of its own for a test file: migrated and empty, or without any schema, or a copy. */
export async function createTestDatabase({ migrated = true, copyOf }: TestDatabaseOptions = {}): Promise<TestDatabase> {
  const prefix = process.env.TEST_DATABASE_PREFIX!;
  const name = `${prefix}_${randomBytes(4).toString('hex')}`;
  const template = copyOf ? new URL(copyOf.url).pathname.slice(1) : migrated ? `${prefix}_template` : 'template0';
  await onServer((client) => client.query(`CREATE DATABASE ${name} TEMPLATE ${template}`));
  const url = new URL(process.env.TEST_DATABASE_URL!);
  url.pathname = name;
  return {
    url: url.href,
    drop: () => onServer((client) => client.query(`DROP DATABASE ${name} WITH (FORCE)`)),
  };
}

async function onServer(work: (client: Client) => Promise<unknown>): Promise<void> {
  const client = new Client({ connectionString: process.env.TEST_DATABASE_URL });
  await client.connect();
  try {
    await work(client);
  } finally {
    await client.end();
  }
}
