import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';
import { startApplication } from './application.mjs';

const [PARTITIONS, LEASE_MS, POLL_MS] = [16, 15_000, 1_000];
/** What would be looked at apart if no statement did it all. */
const POLLS = [
  'select exists (select 1 from core.outbox)',
  'select exists (select 1 from core.queued_command where due_at <= now() and lease_until < clock_timestamp())',
  'select exists (select 1 from core.held_message where next_attempt_at <= now())',
  'select partition from partition_lease where lease_until < clock_timestamp()',
];
const RENEW = `update partition_lease set lease_until = clock_timestamp() + interval '15 seconds' where partition = $1`;

/** What an instance that owns all partitions sends while there is nothing to do. */
export const leases = {
  name: 'leases',
  adr: '0010',
  title: 'what an idle instance sends',
  rounds: 2,
  async contenders(context) {
    const control = await context.client();
    await context.createMessaging(control);
    await control.query(`
      create table partition_lease (partition int primary key, lease_until timestamptz not null);
      insert into partition_lease select n, now() from generate_series(0, ${PARTITIONS - 1}) n`);
    const seconds = context.quick ? 10 : 30;
    const measured = (start) => async () => {
      const stop = await start(context);
      // Beginning and taking partitions costs once.
      await pause(3_000);
      const versions = await rowVersions(control);
      const statements = await countStatements(() => pause(seconds * 1_000));
      const figures = {
        'statements/s': statements / seconds,
        'row versions/s': ((await rowVersions(control)) - versions) / seconds,
      };
      await stop();
      return figures;
    };
    return [
      { name: 'a lease per instance, one statement', round: measured(oneStatement) },
      { name: 'a lease per partition, separate polls', round: measured(separately) },
    ];
  },
};

async function oneStatement(context) {
  const { close } = await startApplication(context);
  return close;
}

/** Each lane renews its own lease at a third of it. */
async function separately(context) {
  const client = await context.client({ pipeline: true });
  const timers = POLLS.map((poll) => setInterval(() => client.query(poll), POLL_MS));
  for (let partition = 0; partition < PARTITIONS; partition++) {
    timers.push(setInterval(() => client.query(RENEW, [partition]), LEASE_MS / 3));
  }
  return () => timers.forEach(clearInterval);
}

/** At the client: the server's own counts have those of autovacuum in them. */
async function countStatements(meanwhile) {
  const { prototype } = pg.Client;
  const sendQuery = Object.getOwnPropertyDescriptor(prototype, 'query');
  let sent = 0;
  prototype.query = function (...args) {
    sent += 1;
    return sendQuery.value.apply(this, args);
  };
  await meanwhile();
  Object.defineProperty(prototype, 'query', sendQuery);
  return sent;
}

async function rowVersions(control) {
  const { rows } = await control.query('select sum(n_tup_upd)::float8 as updates from pg_stat_user_tables');
  return rows[0].updates;
}
