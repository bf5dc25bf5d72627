import pg from 'pg';
import { connectionOptions } from '../../dist/src/database/connection-options.js';

/** Connections with the settings that the service has, whoever uses them. */
export function poolOf(connectionString, max = 10) {
  // A pool has ended before its connections have; dropping the database then breaks off the last ones.
  return new pg.Pool({ ...connectionOptions({}).extra, connectionString, max }).on('error', () => undefined);
}

/**
 * BEGIN travels with the first statement. What `work` sends is awaited, as code that needs its answer would; `last`, which
 * sends one statement, travels with COMMIT.
 */
export async function transact(pool, work, last = () => undefined) {
  const client = await pool.connect();
  try {
    const begun = client.query('BEGIN');
    await Promise.all([begun, work(client)]);
    const [commit] = await Promise.all([last(client), client.query('COMMIT')]).then((results) => results.reverse());
    if (commit.command !== 'COMMIT') throw new Error('rolled back');
    client.release();
  } catch (error) {
    client.release(error);
    throw error;
  }
}

/** Commits what `insert` writes, and resolves to the moment before its COMMIT was sent. */
export async function commitAtOnce(pool, insert) {
  const client = await pool.connect();
  try {
    await client.query('BEGIN');
    await insert(client);
    const committed = performance.now();
    await client.query('COMMIT');
    client.release();
    return committed;
  } catch (error) {
    client.release(error);
    throw error;
  }
}
