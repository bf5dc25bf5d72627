import pg from 'pg';
import { Statements } from './statements.mjs';
import { EmbeddedPostgres } from '../dist/src/database/embedded-postgres.js';

const DATA_FOLDER = '.data/bench';
/** What one of the peers needs, and what counts statements; all systems bear their small cost. */
const SETTINGS = { wal_level: 'logical', shared_preload_libraries: 'pg_stat_statements' };

/** The PostgreSQL that everything is measured on. */
export class Server {
  /** @type {Set<string>} */
  #databases = new Set();

  /**
   * @param {pg.Client} client
   * @param {string} url
   * @param {EmbeddedPostgres | undefined} embedded
   */
  constructor(client, url, embedded) {
    this.client = client;
    this.url = url;
    this.embedded = embedded;
    // The server may end the connection before we do; what matters shows in the next query.
    client.on('error', () => undefined);
  }

  static async open() {
    const given = process.env.DATABASE_URL || undefined;
    const embedded = given ? undefined : await EmbeddedPostgres.acquire(DATA_FOLDER, SETTINGS);
    const url = given ?? embedded.url;
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    const server = new Server(client, url, embedded);
    await server.refuseUnsafeSettings();
    server.statements = await Statements.of(client);
    return server;
  }

  async version() {
    return this.show('server_version');
  }

  /** A database of its own; dropped when the server is closed, if not before. */
  async createDatabase(purpose) {
    const name = `aftercommit_bench_${purpose}_${process.pid}`;
    await this.client.query(`create database ${name} template template0`);
    this.#databases.add(name);
    const url = new URL(this.url);
    url.pathname = name;
    return { name, url: url.href, drop: () => this.dropDatabase(name) };
  }

  async close() {
    for (const name of this.#databases) await this.dropDatabase(name);
    await this.client.end();
    await this.embedded?.release();
  }

  async dropDatabase(name) {
    // A database with a replication slot can't be dropped, and a slot in use neither.
    await this.client.query('select pg_terminate_backend(active_pid) from pg_replication_slots where database = $1', [
      name,
    ]);
    await this.client.query(
      'select pg_drop_replication_slot(slot_name) from pg_replication_slots where database = $1',
      [name],
    );
    await this.client.query(`drop database if exists ${name} with (force)`);
    this.#databases.delete(name);
  }

  /** A commit that need not reach the disk is no commit: such figures would say nothing. */
  async refuseUnsafeSettings() {
    for (const name of ['fsync', 'synchronous_commit']) {
      const value = await this.show(name);
      if (value !== 'on') throw new Error(`${name} is ${value} on this PostgreSQL; it must be on.`);
    }
  }

  async show(name) {
    const { rows } = await this.client.query(`show ${name}`);
    return rows[0][name];
  }
}
