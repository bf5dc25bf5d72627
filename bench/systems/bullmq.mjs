import { createPostgresBackend, Queue, runMigrations, Worker } from 'bullmq';
import { Peer } from './peer.mjs';
import { eventsOf } from './tables.mjs';

const QUEUE = 'happened';
/** Jobs that go into one call of addBulk(). */
const CHUNK = 1_000;
const CONCURRENCY = 16;

/** Keeps no order with more than one job at a time, and completes a job apart from what its handler wrote. */
export default class BullmqSystem extends Peer {
  constructor(databaseUrl, use) {
    super('bull', databaseUrl, use);
    this.options = { connection: { connectionString: databaseUrl, max: 20 } };
  }

  async prepare(client) {
    await super.prepare(client);
    await runMigrations(client);
  }

  async open({ deliver }) {
    await super.open();
    this.queue = new Queue(
      QUEUE,
      { ...this.options, defaultJobOptions: { removeOnComplete: true } },
      createPostgresBackend,
    );
    const options = { ...this.options, concurrency: CONCURRENCY, autorun: false };
    const handle = (job) => this.handle(job.data, this.requests);
    this.worker = deliver && new Worker(QUEUE, handle, options, createPostgresBackend);
    this.worker?.on('error', (error) => process.stderr.write(`BullMQ: ${error.message}\n`));
    if (this.worker) await this.worker.waitUntilReady();
  }

  /** Its jobs can't be added in the caller's transaction: the worker begins when all of them are there. */
  async hand(load) {
    const jobs = [...eventsOf(load)].map((data) => ({ name: QUEUE, data }));
    for (let from = 0; from < jobs.length; from += CHUNK) await this.queue.addBulk(jobs.slice(from, from + CHUNK));
    const begun = performance.now();
    this.worker.run().catch((error) => process.stderr.write(`BullMQ: ${error.message}\n`));
    return begun;
  }

  async unfinished() {
    return await this.queue.getJobCountByTypes('waiting', 'active', 'delayed');
  }

  async close() {
    await this.worker?.close();
    await this.queue.close();
    await super.close();
  }
}
