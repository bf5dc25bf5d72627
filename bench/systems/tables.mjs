/** Each system has its messages where it wants them, and beside them, in a schema of its name, two tables that grow alike. */
export async function createTables(client, schema) {
  await client.query(`
    create schema if not exists ${schema};
    create table ${schema}.fact (id bigint generated always as identity primary key, stream text, number int);
    create table ${schema}.effect (id bigint generated always as identity primary key, stream text, number int);
  `);
}

/** What a publisher writes beside its event. */
export const insertFact = (schema) => `insert into ${schema}.fact (stream, number) values ($1, $2)`;

/** What the handler writes for an event. */
export const insertEffect = (schema) => `insert into ${schema}.effect (stream, number) values ($1, $2)`;

/** The same for many events, by a handler that gets them together. */
export const insertEffects = (schema) =>
  `insert into ${schema}.effect (stream, number) select * from unnest($1::text[], $2::int[])`;

/**
 * The events of a load, in turn on its streams; `number` counts on each of them.
 *
 * @param {{ events: number, streams: number, first?: number }} load
 */
export function* eventsOf({ events, streams, first = 0 }) {
  for (let n = 0; n < events; n++) yield { stream: `stream-${n % streams}`, number: first + Math.floor(n / streams) };
}

/**
 * Throws unless each event was handled, and what the system promises was kept; then forgets what the handlers wrote.
 *
 * @param {{ events: number, ordered?: boolean, exactlyOnce?: boolean }} expected
 */
export async function checkEffects(client, schema, { events, ordered = true, exactlyOnce = true }) {
  const { rows } = await client.query(`
    select count(*)::int as handled, count(distinct (stream, number))::int as different,
           coalesce(sum((number <= before)::int), 0)::int as "outOfOrder"
      from (select stream, number, lag(number) over (partition by stream order by id) as before
              from ${schema}.effect) effect`);
  const { handled, different, outOfOrder } = rows[0];
  if (different !== events || (exactlyOnce && handled !== events) || (ordered && outOfOrder > 0)) {
    throw new Error(
      `${schema}: ${different} of ${events} events were handled, ${handled - different} again, ${outOfOrder} out of order`,
    );
  }
  await client.query(`truncate ${schema}.effect`);
}

/** Throws unless each transaction left its row; then forgets what the publishers wrote. */
export async function checkFacts(client, schema, transactions) {
  const { rows } = await client.query(`select count(*)::int as n from ${schema}.fact`);
  if (rows[0].n !== transactions) throw new Error(`${schema}: ${rows[0].n} rows of ${transactions} transactions`);
  await client.query(`truncate ${schema}.fact`);
}
