import { messagingMigrations } from '../../dist/src/messaging/index.js';

/** Each system has its messages in the schema of its name, and beside it two tables of its own that grow alike. */
export async function createTables(client, schema) {
  const runner = { query: (sql) => client.query(sql) };
  for (const Migration of messagingMigrations(schema)) await new Migration().up(runner);
  await client.query(`
    create table ${schema}.fact (id bigint generated always as identity primary key, stream text, number int);
    create table ${schema}.effect (id bigint generated always as identity primary key, stream text, number int);
  `);
}

/** What a publisher writes beside its event. */
export const insertFact = (schema) => `insert into ${schema}.fact (stream, number) values ($1, $2)`;

/** What the handler writes for an event. */
export const insertEffect = (schema) => `insert into ${schema}.effect (stream, number) values ($1, $2)`;

/** Commits so many events at once, on `streams` streams in turn, past the publisher. */
export async function commitEvents(client, schema, { events, streams }) {
  await client.query(
    `insert into ${schema}.outbox (event_id, stream_type, stream_id, stream_version, partition, type, schema_version,
                                   payload, headers, occurred_at)
     select gen_random_uuid(), 'bench', s, n / $2, n % $2 % 16, 'bench.happened', 1,
            jsonb_build_object('stream', s, 'number', n / $2), '{}', clock_timestamp()
       from generate_series(0, $1 - 1) n, lateral (select 'stream-' || n % $2) as stream (s) order by n`,
    [events, streams],
  );
}

/** Throws unless each event was handled once, and those of a stream in their order; then forgets them. */
export async function checkEffects(client, schema, expected) {
  const { rows } = await client.query(`
    select count(*)::int as handled, count(distinct (stream, number))::int as once,
           coalesce(sum((number <= before)::int), 0)::int as "outOfOrder"
      from (select stream, number, lag(number) over (partition by stream order by id) as before
              from ${schema}.effect) effect`);
  const { handled, once, outOfOrder } = rows[0];
  if (handled !== expected || once !== expected || outOfOrder > 0) {
    throw new Error(`${schema}: ${handled} of ${expected} handled, ${once} different ones, ${outOfOrder} out of order`);
  }
  await client.query(`truncate ${schema}.effect`);
}
