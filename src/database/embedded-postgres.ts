import { setTimeout as pause } from 'node:timers/promises';
import { Client, escapeIdentifier } from 'pg';
import { EmbeddedPostgresError, findInstallation } from './postgres-binaries.js';
import { PostgresCluster, type ServerSettings } from './postgres-cluster.js';

const DATABASE = 'aftercommit';
/** Held shared by every process that uses the server; whoever gets it alone may stop the server. */
const IN_USE = 7201;
/** Recovery after a crash may take its time; the server refuses connections meanwhile. */
const PATIENCE = 60_000;
const FAILED_STARTS = 3;

/**
 * A PostgreSQL for development and small installations: nobody owns it. Every process that uses it holds a shared
 * advisory lock, which ends with the process however it dies; the last one to leave stops the server, and the next one
 * to come adopts a server that was left behind.
 */
export class EmbeddedPostgres {
  #released = false;
  #holder: Promise<Client | undefined>;

  private constructor(
    private readonly cluster: PostgresCluster,
    readonly url: string,
    holder: Client,
  ) {
    this.#holder = Promise.resolve(holder);
    this.enterAgainAfter(holder);
  }

  static async acquire(folder: string, settings: ServerSettings = {}): Promise<EmbeddedPostgres> {
    const cluster = new PostgresCluster(await findInstallation(folder), settings);
    await cluster.initialise();
    const holder = await enter(cluster);
    await createDatabase(holder);
    const { port, password } = holder;
    return new EmbeddedPostgres(cluster, `postgres://postgres:${password}@127.0.0.1:${port}/${DATABASE}`, holder);
  }

  /** Where the data is. */
  get folder(): string {
    return this.cluster.home;
  }

  /** Stops the server if nobody else uses it. */
  async release(): Promise<void> {
    this.#released = true;
    const holder = await this.#holder;
    if (holder && (await leave(holder, this.cluster))) return;
    const again = await join(this.cluster);
    if (again) await leave(again, this.cluster);
  }

  /**
   * A server that crashed and came back has forgotten the lock; one that is gone is started again. One that is beyond
   * help shows in every query of the application: no need to end the process here.
   */
  private enterAgainAfter(holder: Client): void {
    holder.once('end', () => {
      if (!this.#released) this.#holder = this.enterAgain();
    });
  }

  private async enterAgain(): Promise<Client | undefined> {
    const holder = await enter(this.cluster).catch(() => undefined);
    if (holder) this.enterAgainAfter(holder);
    return holder;
  }
}

async function enter(cluster: PostgresCluster): Promise<Client> {
  const deadline = Date.now() + PATIENCE;
  for (let failedStarts = 0; Date.now() < deadline;) {
    const holder = await join(cluster);
    if (holder) return holder;
    if (cluster.runningPort() === undefined) {
      await cluster.start().catch((error: Error) => {
        // Another process may have been faster, or the old server's processes were not quite gone.
        if (++failedStarts === FAILED_STARTS) throw error;
      });
    }
    await pause(50);
  }
  throw new EmbeddedPostgresError(`The embedded PostgreSQL in ${cluster.home} runs, but takes no connections.`);
}

/** False when the server has crashed and forgotten the lock. */
async function leave(holder: Client, cluster: PostgresCluster): Promise<boolean> {
  try {
    await holder.query('SELECT pg_advisory_unlock_shared($1)', [IN_USE]);
    const { rows } = await holder.query('SELECT pg_try_advisory_lock($1) AS alone', [IN_USE]);
    if (rows[0].alone) await cluster.stop();
    return true;
  } catch (error) {
    if (error instanceof EmbeddedPostgresError) throw error;
    return false;
  } finally {
    await holder.end().catch(() => undefined);
  }
}

/** Undefined when no server answers, or when the one that does is shutting down. */
async function join(cluster: PostgresCluster): Promise<Client | undefined> {
  const port = cluster.runningPort();
  if (port === undefined) return undefined;
  const password = await cluster.password();
  const client = new Client({ host: '127.0.0.1', port, user: 'postgres', password, database: 'postgres' });
  client.on('error', () => undefined);
  try {
    await client.connect();
    await client.query('SELECT pg_advisory_lock_shared($1)', [IN_USE]);
    return client;
  } catch {
    await client.end().catch(() => undefined);
    return undefined;
  }
}

async function createDatabase(client: Client): Promise<void> {
  const { rowCount } = await client.query('SELECT FROM pg_database WHERE datname = $1', [DATABASE]);
  if (rowCount !== 0) return;
  await client.query(`CREATE DATABASE ${escapeIdentifier(DATABASE)}`).catch(async (error: { code?: string }) => {
    const madeByAnotherInstance = error.code === '42P04' || error.code === '23505';
    if (!madeByAnotherInstance) throw error;
  });
}
