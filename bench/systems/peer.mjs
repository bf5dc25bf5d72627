import { setTimeout as pause } from 'node:timers/promises';
import { poolOf, transact } from './pool.mjs';
import { createTables, insertEffect, insertFact } from './tables.mjs';

/** Longer than any peer needs for what it is given; what takes longer is stuck. */
const PATIENCE_MS = 240_000;

/** What the adapters of the peers have in common: the application around them. */
export class Peer {
  /** @type {(event: { stream: string, number: number }) => void} */
  onHandle = () => undefined;

  /**
   * @param {string} schema of the application's own tables
   * @param {string} use what it is measured at
   */
  constructor(schema, databaseUrl, use) {
    this.schema = schema;
    this.databaseUrl = databaseUrl;
    this.use = use;
    this.insertFact = insertFact(schema);
    this.insertEffect = { name: 'effect', text: insertEffect(schema) };
  }

  async prepare(client) {
    await createTables(client, this.schema);
  }

  async open() {
    this.handled = 0;
    this.requests = poolOf(this.databaseUrl, 16);
  }

  /** One transaction that writes one row and sends one message. */
  async publish(stream, number) {
    await transact(
      this.requests,
      (client) => client.query({ name: 'fact', text: this.insertFact, values: [stream, number] }),
      (client) => this.send(client, { stream, number }),
    );
  }

  /** The handler; `client` is where its row is written. */
  async handle({ stream, number }, client) {
    this.onHandle({ stream, number });
    await client.query({ ...this.insertEffect, values: [stream, number] });
    this.handled++;
  }

  /** Resolves when so many events were handled and, as far as the peer knows, nothing is left to do. */
  async finished(events) {
    const deadline = performance.now() + PATIENCE_MS;
    for (; this.handled < events; await pause(1)) this.#notAfter(deadline, events);
    for (; (await this.unfinished()) > 0; await pause(1)) this.#notAfter(deadline, events);
  }

  #notAfter(deadline, events) {
    if (performance.now() > deadline) throw new Error(`only ${this.handled} of ${events} messages were handled`);
  }

  /** The first number of a query's only row. */
  async count(sql) {
    const { rows } = await this.requests.query(sql);
    return Number(Object.values(rows[0])[0]);
  }

  async close() {
    await this.requests.end();
  }
}
