import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';

/** How the harness itself looks into the database: past the proxy, and on a new connection after an outage. */
export class Observer {
  #postgres;
  #pool;

  /** @param {import('./postgres.mjs').Postgres} postgres */
  constructor(postgres) {
    this.#postgres = postgres;
  }

  /** @returns {Promise<Record<string, any>[]>} */
  async query(text, values = []) {
    return (await this.#connections().query(text, values)).rows;
  }

  /** Asks until the server answers; `cameBack` is when it did, if it was away. */
  async insist(text, values = []) {
    for (let cameBack; ; cameBack = new Date()) {
      const rows = await this.query(text, values).catch(unlessAway);
      if (rows) return { rows, cameBack };
      await pause(100);
    }
  }

  /** @template T @param {(client: pg.PoolClient) => Promise<T>} work @param {string} [mode] */
  async transaction(work, mode = '') {
    const client = await this.#connections().connect();
    try {
      await client.query(`begin ${mode}`);
      const result = await work(client);
      await client.query('commit');
      client.release();
      return result;
    } catch (error) {
      // The transaction ends with its connection.
      client.release(error);
      throw error;
    }
  }

  /** Several statements that see one state. @template T @param {(client: pg.PoolClient) => Promise<T>} read */
  snapshot(read) {
    return this.transaction(read, 'isolation level repeatable read read only');
  }

  async close() {
    await this.#pool?.end();
  }

  #connections() {
    if (this.#pool) return this.#pool;
    const connectionString = this.#postgres.url();
    this.#pool = new pg.Pool({ connectionString, max: 6, application_name: 'chaos', connectionTimeoutMillis: 5_000 });
    // A connection that is lost tells whoever uses it next; one that nobody uses is replaced.
    this.#pool.on('error', () => undefined).on('connect', (client) => client.on('error', () => undefined));
    return this.#pool;
  }
}

/** Undefined where there is no server for now. */
function unlessAway(error) {
  const isAway = /^(57P|08|ECONN|EPIPE)/.test(error.code ?? '') || /terminated|timeout/.test(error.message);
  if (!isAway) throw error;
}
