import { randomUUID } from 'node:crypto';
import outbox from 'pg-transactional-outbox';
import { Peer } from './peer.mjs';
import { commitAtOnce } from './pool.mjs';

const NAMES = {
  outboxOrInbox: 'outbox',
  schema: 'trx',
  table: 'outbox',
  publication: 'trx_outbox',
  listenerRole: 'current_user',
};
const MAX_CONNECTIONS = 20;

/**
 * With its listener on logical replication, the faster one of its two, and with a mutex for each stream. Its handler
 * writes in the transaction that marks the message as processed. Without its protection from poisonous messages, which
 * costs a transaction more for each and is off for an outbox by default.
 */
export default class TransactionalOutboxSystem extends Peer {
  constructor(databaseUrl, use) {
    super('trx', databaseUrl, use);
    // A slot's name is the server's, not the database's.
    this.slot = `trx_${new URL(databaseUrl).pathname.slice(1)}`;
    const connection = { connectionString: databaseUrl, max: MAX_CONNECTIONS };
    this.config = {
      outboxOrInbox: 'outbox',
      dbHandlerConfig: connection,
      dbListenerConfig: connection,
      settings: {
        dbSchema: NAMES.schema,
        dbTable: NAMES.table,
        dbPublication: NAMES.publication,
        dbReplicationSlot: this.slot,
        enableMaxAttemptsProtection: false,
        enablePoisonousMessageProtection: false,
      },
    };
    this.store = outbox.initializeMessageStorage(this.config, quiet);
  }

  async prepare(client) {
    await super.prepare(client);
    const { rows } = await client.query('show wal_level');
    if (rows[0].wal_level !== 'logical') throw new Error(`it needs wal_level = logical, which is ${rows[0].wal_level}`);
    const setup = outbox.DatabaseSetup;
    await client.query(setup.dropAndCreateTable(NAMES));
    await client.query(`create publication ${NAMES.publication} for table trx.outbox with (publish = 'insert')`);
    if (this.use !== 'publish')
      await client.query(`select pg_create_logical_replication_slot($1, 'pgoutput')`, [this.slot]);
  }

  async open({ deliver }) {
    await super.open();
    if (!deliver) return;
    const handler = { handle: ({ payload }, client) => this.handle(payload, client) };
    const strategies = { concurrencyStrategy: outbox.createReplicationSegmentMutexConcurrencyController() };
    [this.shutdown] = outbox.initializeReplicationMessageListener(this.config, handler, quiet, strategies);
  }

  send(client, { stream, number }) {
    const message = {
      id: randomUUID(),
      aggregateType: 'bench',
      aggregateId: stream,
      messageType: 'bench.happened',
      segment: stream,
      payload: { stream, number },
      metadata: {},
    };
    return this.store(message, client);
  }

  async hand({ events, streams, first = 0 }) {
    return commitAtOnce(this.requests, (client) =>
      client.query(
        `insert into trx.outbox (id, aggregate_type, aggregate_id, message_type, segment, payload, metadata)
         select gen_random_uuid(), 'bench', s, 'bench.happened', s, jsonb_build_object('stream', s, 'number', $3::int + n / $2), '{}'
           from generate_series(0, $1::int - 1) n, lateral (select 'stream-' || n % $2::int) as stream (s) order by n`,
        [events, streams, first],
      ),
    );
  }

  async unfinished() {
    return this.count('select count(*) from trx.outbox where processed_at is null');
  }

  async clear(client) {
    await client.query('truncate trx.outbox');
  }

  async close() {
    await this.shutdown?.();
    this.shutdown = undefined;
    await super.close();
  }
}

const quiet = {
  ...outbox.getDisabledLogger(),
  error: (error, text) => process.stderr.write(`${text}: ${error.message}\n`),
};
