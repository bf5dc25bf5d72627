import { rm } from 'node:fs/promises';

export default async function globalTeardown() {
  const { client, prefix, server } = globalThis.testRun;
  const { rows } = await client.query('SELECT datname FROM pg_database WHERE starts_with(datname, $1)', [prefix]);
  for (const { datname } of rows) await client.query(`DROP DATABASE ${datname} WITH (FORCE)`);
  await client.end();
  await server?.release();
  await rm(process.env.TEST_DATA_DIR, { recursive: true, force: true });
}
