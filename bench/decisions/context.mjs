import pg from 'pg';
import { migrateMessaging } from '../systems/outbox.mjs';

/** What an experiment works with: a database of its own, connections to it, and how long a round lasts. */
export class Context {
  #closing = [];

  constructor(url, quick) {
    this.url = url;
    this.quick = quick;
    this.seconds = quick ? 1.5 : 5;
  }

  /** @returns {Promise<pg.Client>} closed at the end */
  async client(options = {}) {
    const client = new pg.Client({ connectionString: this.url, ...options });
    // Dropping the database may end it before we do.
    client.on('error', () => undefined);
    await client.connect();
    this.onClose(() => client.end());
    return client;
  }

  clients(count, options) {
    return Promise.all(Array.from({ length: count }, () => this.client(options)));
  }

  /** The core's tables, in a schema of this name. */
  async createMessaging(client, schema = 'core') {
    await migrateMessaging(client, schema);
    return schema;
  }

  onClose(close) {
    this.#closing.push(close);
  }

  /** The last opened first: applications let go of what lies below them. */
  async close() {
    for (const close of this.#closing.toReversed()) await close();
  }
}
