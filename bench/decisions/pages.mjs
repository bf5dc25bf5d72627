import { median } from '../statistics.mjs';

const [PAGE, CALLS] = [100, 30];
const COLUMNS = 'select position, event_id, type, payload from core.event_log';

/** What a page of the log costs where it begins at a position, and where it begins after so many rows. */
export const pages = {
  name: 'pages',
  adr: '0007',
  title: `pages of ${PAGE} events, at the beginning and near the end of a log of a million (100,000 with --quick)`,
  async contenders(context) {
    const client = await context.client();
    await context.createMessaging(client);
    const events = context.quick ? 100_000 : 1_000_000;
    await client.query(
      `insert into core.event_log (position, event_id, partition, type, schema_version, payload, headers, occurred_at)
       select n, gen_random_uuid(), n % 16, 'test.happened', 1, jsonb_build_object('number', n), '{}', clock_timestamp()
         from generate_series(1, $1::int) n`,
      [events],
    );
    await client.query('vacuum analyze core.event_log');
    const ways = {
      'after a position': `${COLUMNS} where position > $1 order by position limit ${PAGE}`,
      'after so many rows': `${COLUMNS} order by position offset $1 limit ${PAGE}`,
    };
    return Object.entries(ways).map(([name, text]) => ({
      name,
      round: async () => ({
        'ms at the beginning': await typical(client, { name, text, values: [0] }),
        'ms at 99 %': await typical(client, { name, text, values: [events * 0.99] }),
      }),
    }));
  },
};

async function typical(client, query) {
  const times = [];
  for (let call = 0; call < CALLS; call++) {
    const begin = performance.now();
    const { rows } = await client.query(query);
    if (rows.length !== PAGE) throw new Error(`A page has ${rows.length} events.`);
    times.push(performance.now() - begin);
  }
  return median(times);
}
