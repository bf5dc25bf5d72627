import { messagingMigrations } from '../../dist/src/messaging/index.js';
import { createTables } from './tables.mjs';

/** The core's tables, and those of the application, for the core and for what does the same by hand. */
export async function createMessaging(client, schema) {
  await migrateMessaging(client, schema);
  await createTables(client, schema);
}

/** The core's tables alone. */
export async function migrateMessaging(client, schema) {
  const runner = { query: (sql) => client.query(sql) };
  for (const Migration of messagingMigrations(schema)) await new Migration().up(runner);
}

/** Writes so many events, on `streams` streams in turn, past the publisher. */
export async function insertEvents(client, schema, { events, streams, first = 0 }) {
  await client.query(
    `insert into ${schema}.outbox (event_id, stream_type, stream_id, stream_version, partition, type, schema_version,
                                   payload, headers, occurred_at)
     select gen_random_uuid(), 'bench', s, $3::int + n / $2, n % $2::int % 16, 'bench.happened', 1,
            jsonb_build_object('stream', s, 'number', $3 + n / $2), '{}', clock_timestamp()
       from generate_series(0, $1::int - 1) n, lateral (select 'stream-' || n % $2) as stream (s) order by n`,
    [events, streams, first],
  );
}
