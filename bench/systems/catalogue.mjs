/**
 * @typedef {'own' | 'variant' | 'limit' | 'by hand' | 'peer'} Role `variant`: our own, set up as one of the peers is; `limit`:
 *   does less, and can't be passed; `by hand`: the core's way on `pg` alone, without what makes it fit for use
 * @typedef {{ ordered: boolean, exactlyOnce: boolean }} Promises per stream, and of what a handler writes to the database
 */

const BOTH = { ordered: true, exactlyOnce: true };
const NEITHER = { ordered: false, exactlyOnce: false };

/** What is measured, and what each system promises and how it is set up for a use. Adapters have the names of the keys. */
export const CATALOGUE = {
  core: {
    title: 'Aftercommit',
    role: 'own',
    uses: {
      publish: { how: 'unit of work' },
      ordered: { ...BOTH, how: 'a durable handler, a transaction for each event' },
      batched: { ...BOTH, how: 'a durable handler with handleBatch, one INSERT for up to 100' },
      latency: { ...BOTH, how: 'a durable handler' },
    },
  },
  'core-of-ten': {
    title: 'Aftercommit, batch: 10',
    role: 'variant',
    uses: { ordered: { ...BOTH, how: 'up to 10 events in a transaction, one INSERT for them' } },
  },
  allocations: {
    title: 'Aftercommit',
    role: 'own',
    uses: { allocate: { how: 'the command Allocate, by the command bus' } },
  },
  bare: {
    title: 'bare pg',
    role: 'by hand',
    uses: {
      publish: { how: 'the same statements by hand' },
      ordered: { ...BOTH, how: 'the same design by hand: one process, no retries, no leases' },
      latency: {
        ...BOTH,
        how: 'by hand: one process, no retries, no leases; handlers begin when numbers are committed',
      },
    },
  },
  'pg-transactional-outbox': {
    title: 'pg-transactional-outbox',
    role: 'peer',
    package: 'pg-transactional-outbox',
    uses: {
      publish: { how: 'its message storage, its statement sent together with COMMIT' },
      ordered: { ...BOTH, how: 'logical replication, a mutex for each stream' },
    },
  },
  'pg-boss': {
    title: 'pg-boss',
    role: 'peer',
    package: 'pg-boss',
    uses: {
      publish: { how: 'send() in the transaction' },
      ordered: { ...BOTH, how: 'key_strict_fifo, 8 transactional workers that fetch 10 each, one INSERT for them' },
      batched: {
        ordered: false,
        exactlyOnce: true,
        how: '4 transactional workers that fetch 100 each, one INSERT for all',
      },
      latency: { ...NEITHER, how: 'LISTEN/NOTIFY, 8 workers that fetch 10 each' },
    },
  },
  'graphile-worker': {
    title: 'graphile-worker',
    role: 'peer',
    package: 'graphile-worker',
    uses: {
      publish: { how: 'add_job(), its statement sent together with COMMIT' },
      ordered: { ordered: true, exactlyOnce: false, how: 'a queue for each stream, 10 jobs at once' },
      batched: { ...NEITHER, how: 'localQueue of 500, completions in batches, 24 jobs at once' },
      latency: { ...NEITHER, how: 'LISTEN/NOTIFY, 10 jobs at once' },
    },
  },
  bullmq: {
    title: 'BullMQ on PostgreSQL',
    role: 'peer',
    package: 'bullmq',
    uses: { ordered: { ...NEITHER, how: '16 jobs at once' } },
  },
};
