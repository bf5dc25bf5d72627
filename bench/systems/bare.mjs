import { randomUUID } from 'node:crypto';
import { createMessaging, insertEvents } from './outbox.mjs';
import { commitAtOnce, poolOf, transact } from './pool.mjs';
import { insertEffect, insertFact } from './tables.mjs';

const LANES = 16;
const PAGE = 1_000;
const CONSUMER = 'bench.write-effect';

/**
 * The core's way by hand on `pg` alone, without what makes it fit for use: one process, no retries, no leases, no
 * safety net. Transactions are as in the core: BEGIN travels with the first statement, and COMMIT with the last one.
 */
export default class Bare {
  name = 'bare pg';
  schema = 'bare';
  /** @type {(event: { stream: string, number: number }) => void} */
  onHandle = () => undefined;
  #tail = 0;
  #lanes = Array.from({ length: LANES }, (_, partition) => ({ partition, at: 0, events: [], running: undefined }));
  #pumping;
  #again = false;

  constructor(databaseUrl) {
    this.databaseUrl = databaseUrl;
    this.statements = statements(this.schema);
  }

  async prepare(client) {
    await createMessaging(client, this.schema);
    await client.query(`insert into ${this.schema}.consumer (name, start_position) values ('${CONSUMER}', 0)`);
  }

  async open({ deliver }) {
    this.requests = poolOf(this.databaseUrl, 16);
    this.workers = poolOf(this.databaseUrl);
    this.control = poolOf(this.databaseUrl, 1);
    this.delivering = deliver;
  }

  /** One transaction that writes one row and one event. */
  async publish(stream, number) {
    const { fact, append } = this.statements;
    const event = [randomUUID(), stream, number, partitionOf(stream), JSON.stringify({ stream, number })];
    await transact(
      this.requests,
      (client) => client.query({ ...fact, values: [stream, number] }),
      (client) => client.query({ ...append, values: event }),
    );
    this.#kickIfDelivering();
  }

  /** The same without the event. */
  async write(stream, number) {
    await transact(this.requests, (client) => client.query({ ...this.statements.fact, values: [stream, number] }));
  }

  async hand(load) {
    const committed = await commitAtOnce(this.control, (client) => insertEvents(client, this.schema, load));
    this.#kickIfDelivering();
    return committed;
  }

  async finished() {
    this.#kickIfDelivering();
    await this.#pumping;
    await Promise.all(this.#lanes.map((lane) => lane.running));
  }

  async clear(client) {
    await client.query(`truncate ${this.schema}.outbox`);
  }

  async close() {
    await Promise.all([this.requests, this.workers, this.control].map((pool) => pool.end()));
  }

  #kickIfDelivering() {
    if (!this.delivering) return;
    this.#again = true;
    this.#pumping ??= this.#pump().finally(() => (this.#pumping = undefined));
  }

  async #pump() {
    while (this.#again) {
      this.#again = false;
      while ((await this.#sequence()) === PAGE);
      while ((await this.#readTail()) === PAGE);
    }
  }

  async #sequence() {
    const { rows } = await this.control.query({ ...this.statements.sequence, values: [PAGE] });
    return rows[0].n;
  }

  async #readTail() {
    const { rows } = await this.control.query({ ...this.statements.read, values: [this.#tail, PAGE] });
    for (const event of rows) {
      const lane = this.#lanes[event.partition];
      lane.events.push(event);
      lane.running ??= this.#drain(lane);
      this.#tail = event.position;
    }
    return rows.length;
  }

  async #drain(lane) {
    for (let next = 0; next < lane.events.length; next++) await this.#handle(lane, lane.events[next]);
    lane.events = [];
    lane.running = undefined;
  }

  async #handle(lane, { position, payload }) {
    const { effect, progress } = this.statements;
    const step = [CONSUMER, lane.partition, 1, lane.at, position];
    await transact(
      this.workers,
      (client) => {
        this.onHandle(payload);
        return client.query({ ...effect, values: [payload.stream, payload.number] });
      },
      (client) => client.query({ ...progress, values: step }),
    );
    lane.at = position;
  }
}

const partitionOf = (stream) => Number(/\d+$/.exec(stream)) % LANES;

/** Named, so that PostgreSQL keeps their plans. */
function statements(schema) {
  return {
    fact: { name: 'fact', text: insertFact(schema) },
    effect: { name: 'effect', text: insertEffect(schema) },
    append: {
      name: 'append',
      text: `insert into ${schema}.outbox (event_id, stream_type, stream_id, stream_version, partition, type,
                                           schema_version, payload, headers, occurred_at)
             values ($1, 'bench', $2, $3, $4, 'bench.happened', 1, $5, '{}', clock_timestamp())`,
    },
    sequence: { name: 'sequence', text: `select n from ${schema}.sequence_outbox($1)` },
    read: {
      name: 'read',
      text: `select position::float8 as position, partition, payload from ${schema}.event_log
              where position > $1 order by position limit $2`,
    },
    progress: {
      name: 'progress',
      text: `insert into ${schema}.consumer_progress (consumer, partition, generation, from_position, to_position)
             values ($1, $2, $3, $4, $5)`,
    },
  };
}
