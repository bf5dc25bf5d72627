const TABLES = {
  messaging: ['outbox', 'queued_command', 'held_message', 'consumer', 'consumer_status'],
  orders: ['orders', 'timeline'],
  allocation: ['products', 'batches', 'lines'],
  refund: ['payments', 'refunds', 'owed'],
  customer: ['customers', 'purchases'],
  notification: ['notifications'],
};
/** A page of rows, so that a long log passes through memory in parts. */
const PAGE = 5_000;

/**
 * Everything that the checker reads of the database, of one moment.
 *
 * @param {import('./stand/observer.mjs').Observer} observer
 * @param {import('./recorder.mjs').Recorder} recorder
 */
export async function dump(observer, recorder) {
  await observer.snapshot(async (client) => {
    await dumpBy(client, recorder, { table: 'messaging.event_log', key: 'position', file: 'log.jsonl' });
    await dumpBy(client, recorder, { table: 'chaos.effect', key: 'seq', file: 'effects.jsonl' });
    for (const [schema, tables] of Object.entries(TABLES)) {
      for (const table of tables) {
        const { rows } = await client.query(`select row_to_json(t) as row from ${schema}.${table} t`);
        recorder.lines(
          `tables/${table}.jsonl`,
          rows.map(({ row }) => row),
        );
      }
    }
  });
}

async function dumpBy(client, recorder, { table, key, file }) {
  recorder.lines(file, []);
  for (let last = 0; ;) {
    const { rows } = await client.query(
      `select row_to_json(t) as row from ${table} t where ${key} > $1 order by ${key} limit ${PAGE}`,
      [last],
    );
    recorder.more(
      file,
      rows.map(({ row }) => row),
    );
    if (rows.length < PAGE) return;
    last = rows.at(-1).row[key];
  }
}
