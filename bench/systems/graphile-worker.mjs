import { Logger, run, runMigrations } from 'graphile-worker';
import { Peer } from './peer.mjs';
import { commitAtOnce } from './pool.mjs';

const TASK = 'happened';

/** `batched` is what its page on performance recommends; a job's queue is what keeps the order of a stream. */
const USES = {
  ordered: { concurrentJobs: 10, maxPoolSize: 20 },
  batched: {
    concurrentJobs: 24,
    maxPoolSize: 25,
    localQueue: { size: 500 },
    completeJobBatchDelay: 0,
    failJobBatchDelay: 0,
  },
  latency: { concurrentJobs: 10, maxPoolSize: 20 },
};

export default class GraphileWorkerSystem extends Peer {
  claimPattern = '_private_jobs.*skip locked';

  constructor(databaseUrl, use) {
    super('graphile', databaseUrl, use);
    const logger = new Logger(() => (level, message) => {
      if (level === 'error') process.stderr.write(`graphile-worker: ${message}\n`);
    });
    this.options = { logger, preset: { worker: { connectionString: databaseUrl, ...USES[use] } } };
  }

  async prepare(client) {
    await super.prepare(client);
    await runMigrations(this.options);
  }

  async open({ deliver }) {
    await super.open();
    if (!deliver) return;
    const handle = (event, { withPgClient }) => withPgClient((client) => this.handle(event, client));
    this.runner = await run({ ...this.options, noHandleSignals: true, taskList: { [TASK]: handle } });
  }

  send(client, event) {
    return client.query({
      name: 'add',
      text: `select graphile_worker.add_job($1, $2, queue_name => $3)`,
      values: [TASK, JSON.stringify(event), this.#queue(event.stream)],
    });
  }

  async hand({ events, streams, first = 0 }) {
    const queue = this.#queue('s');
    return commitAtOnce(this.requests, (client) =>
      client.query(
        `select count(*) from graphile_worker.add_jobs(array(
           select row('${TASK}', json_build_object('stream', s, 'number', $3::int + n / $2), ${queue && 's'}, now(), 25, null, 0, null)
                    ::graphile_worker.job_spec
             from generate_series(0, $1::int - 1) n, lateral (select 'stream-' || n % $2::int) as stream (s) order by n))`,
        [events, streams, first],
      ),
    );
  }

  #queue(stream) {
    return this.use === 'ordered' ? stream : null;
  }

  async unfinished() {
    return this.count('select count(*) from graphile_worker._private_jobs');
  }

  async clear(client) {
    await client.query('truncate graphile_worker._private_jobs, graphile_worker._private_job_queues');
  }

  async close() {
    await this.runner?.stop();
    this.runner = undefined;
    await super.close();
  }
}
