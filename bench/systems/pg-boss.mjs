import { PgBoss } from 'pg-boss';
import { Peer } from './peer.mjs';
import { commitAtOnce, transact } from './pool.mjs';
import { eventsOf, insertEffects } from './tables.mjs';

const QUEUE = 'happened';
/** Rows that go into one call of insert(). */
const CHUNK = 10_000;

/**
 * A worker that fetches full batches goes on without a pause; one that doesn't waits for its poll, or for a notification.
 * Every worker needs a connection for its transaction, and some must be left for fetching.
 */
const USES = {
  ordered: {
    queue: { policy: 'key_strict_fifo' },
    work: { transactional: true, batchSize: 10, localConcurrency: 8, burstWhenBatchFull: true },
  },
  batched: { queue: {}, work: { transactional: true, batchSize: 100, localConcurrency: 4, burstWhenBatchFull: true } },
  latency: { queue: { notify: true }, work: { batchSize: 10, localConcurrency: 8, burstWhenBatchFull: true } },
  publish: { queue: {} },
};

export default class PgBossSystem extends Peer {
  claimPattern = 'strict_fifo_heads';

  constructor(databaseUrl, use) {
    super('boss', databaseUrl, use);
    this.settings = USES[use];
    this.insertEffects = insertEffects(this.schema);
  }

  async prepare(client) {
    await super.prepare(client);
    const boss = await this.#start();
    await boss.createQueue(QUEUE, this.settings.queue);
    await boss.stop();
  }

  async open({ deliver }) {
    await super.open();
    this.boss = await this.#start();
    if (!deliver) return;
    const options = { pollingIntervalSeconds: 0.5, ...this.settings.work };
    await this.boss.work(QUEUE, options, (jobs, transaction) => this.#handleAll(jobs, transaction));
  }

  async #start() {
    const boss = new PgBoss({ connectionString: this.databaseUrl, max: 20, useListenNotify: this.use === 'latency' });
    boss.on('error', (error) => process.stderr.write(`pg-boss: ${error.message}\n`));
    await boss.start();
    return boss;
  }

  async #handleAll(jobs, transaction) {
    for (const { data } of jobs) this.onHandle(data);
    const columns = [jobs.map(({ data }) => data.stream), jobs.map(({ data }) => data.number)];
    if (transaction) await transaction.executeSql(this.insertEffects, columns);
    else await this.requests.query({ name: 'effects', text: this.insertEffects, values: columns });
    this.handled += jobs.length;
  }

  async publish(stream, number) {
    // What send() sends is its own affair: COMMIT waits for it.
    await transact(this.requests, async (client) => {
      await client.query({ name: 'fact', text: this.insertFact, values: [stream, number] });
      await this.boss.send(QUEUE, { stream, number }, { ...this.#key(stream), db: asDatabase(client) });
    });
  }

  async hand(load) {
    const jobs = [...eventsOf(load)].map((data, n) => ({ id: ascendingId(n), data, ...this.#key(data.stream) }));
    return commitAtOnce(this.requests, async (client) => {
      for (let from = 0; from < jobs.length; from += CHUNK) {
        await this.boss.insert(QUEUE, jobs.slice(from, from + CHUNK), { db: asDatabase(client) });
      }
    });
  }

  #key(stream) {
    return this.use === 'ordered' ? { singletonKey: stream } : {};
  }

  async unfinished() {
    return this.count(`select count(*) from pgboss.job where name = '${QUEUE}' and state < 'completed'`);
  }

  async clear(client) {
    await client.query('truncate pgboss.job');
  }

  async close() {
    await this.boss.stop({ graceful: true });
    await super.close();
  }
}

/** Jobs of one transaction were created at one time; then their ids decide which of a key is the first. */
function ascendingId(n) {
  const time = Date.now().toString(16).padStart(12, '0');
  const id = `${time}7000${n.toString(16).padStart(16, '8000000000000000')}`;
  return id.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

const asDatabase = (client) => ({ executeSql: (text, values) => client.query(text, values) });
