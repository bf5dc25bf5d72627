import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';
import { findInstallation } from '../../dist/src/database/postgres-binaries.js';
import { PostgresCluster } from '../../dist/src/database/postgres-cluster.js';

/** A server that was just killed has processes that hold its memory for a moment. */
const STARTS = 20;

/** A cluster for chaos alone, with a database for each run; fsync is on. */
export class Postgres {
  #cluster;
  #password;

  /** @param {PostgresCluster} cluster */
  constructor(cluster, password, name) {
    this.#cluster = cluster;
    this.#password = password;
    this.database = name;
  }

  /** @param {string} stand the folder where it lives */
  static async open(stand) {
    const cluster = new PostgresCluster(await findInstallation(join(stand, 'postgres')));
    await cluster.initialise();
    const server = new Postgres(cluster, await cluster.password(), `chaos_${process.pid}`);
    await server.start();
    await server.#clear();
    await server.#administer(`create database ${server.database} template template0`);
    return server;
  }

  /** Of the server itself, without a proxy between. */
  get port() {
    return this.#cluster.runningPort();
  }

  get isUp() {
    return this.port !== undefined;
  }

  url(port = this.port) {
    return `postgres://postgres:${this.#password}@127.0.0.1:${port}/${this.database}`;
  }

  /** As a crash: no process of it finishes anything, and the next start recovers from the write-ahead log. */
  async crash() {
    const [pid] = (await readFile(join(this.#cluster.home, 'data', 'postmaster.pid'), 'utf8')).split('\n');
    process.kill(Number(pid), 'SIGQUIT');
    while (this.isUp) await pause(20);
  }

  async start() {
    for (let attempt = 1; !this.isUp; attempt++) {
      await this.#cluster.start().catch(async (error) => {
        if (attempt === STARTS) throw error;
        await pause(200);
      });
    }
  }

  async close() {
    await this.start();
    await this.#administer(`drop database ${this.database} with (force)`);
    await this.#cluster.stop();
  }

  /** What a run left behind that was killed. */
  async #clear() {
    const { rows } = await this.#administer(`select datname from pg_database where datname like 'chaos\\_%'`);
    for (const { datname } of rows) await this.#administer(`drop database ${datname} with (force)`);
  }

  async #administer(sql) {
    const client = new pg.Client({ connectionString: this.url().replace(/[^/]*$/, 'postgres') });
    await client.connect();
    try {
      return await client.query(sql);
    } finally {
      await client.end();
    }
  }
}
