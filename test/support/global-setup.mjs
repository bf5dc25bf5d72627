import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { freshen } from '../../scripts/fresh.mjs';

const APPLICATION = 'aftercommit tests';

/**
 * Finds a PostgreSQL (DATABASE_URL, or an embedded one, which runs that overlap share) and prepares on it a migrated
 * database, from which every test file clones its own.
 */
export default async function globalSetup() {
  freshen();
  const { EmbeddedPostgres } = await import('../../dist/src/database/embedded-postgres.js');
  // Tests kill services, never the machine.
  const settings = { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' };
  const server = process.env.DATABASE_URL ? undefined : await EmbeddedPostgres.acquire('.data/test-postgres', settings);
  const url = process.env.DATABASE_URL ?? server.url;
  const client = new pg.Client({ connectionString: url, application_name: APPLICATION });
  const prefix = `aftercommit_test_${randomBytes(4).toString('hex')}`;
  globalThis.testRun = { server, client, prefix };
  await client.connect();
  try {
    await dropLeftovers(client);
    await createTemplate(client, url, `${prefix}_template`);
  } catch (error) {
    await client.end();
    await server?.release();
    throw error;
  }
  process.env.TEST_DATABASE_URL = url;
  process.env.TEST_DATABASE_PREFIX = prefix;
  process.env.TEST_DATA_DIR = `.data/${prefix}`;
}

/** A run that was killed leaves its databases; while no other run is under way they are nobody's. */
async function dropLeftovers(client) {
  const { rows } = await client.query(
    `SELECT datname FROM pg_database WHERE starts_with(datname, 'aftercommit_test_') AND 1 =
       (SELECT count(*) FROM pg_stat_activity WHERE application_name = $1)`,
    [APPLICATION],
  );
  for (const { datname } of rows) await client.query(`DROP DATABASE ${datname} WITH (FORCE)`);
}

async function createTemplate(client, server, name) {
  const [{ ormOptions }, { migrate }, { DataSource }] = await Promise.all([
    import('../../dist/ormconfig.js'),
    import('../../dist/src/database/migrations.js'),
    import('typeorm'),
  ]);
  await client.query(`CREATE DATABASE ${name}`);
  const url = new URL(server);
  url.pathname = name;
  const dataSource = new DataSource(ormOptions({ databaseUrl: url.href, requestPoolSize: 1 }));
  await dataSource.initialize();
  try {
    await migrate(dataSource);
  } finally {
    await dataSource.destroy();
  }
}
