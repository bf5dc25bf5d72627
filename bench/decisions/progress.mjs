import { perSecond } from './load.mjs';

const LANES = 16;
/** A delivery row for each event and lane is there before it is handled. */
const DELIVERIES = 500_000;

/** How a lane says that it has handled an event, in the transaction of the effect. */
const WAYS = {
  'a row inserted per step': {
    prepare: `create table progress (lane int, from_position int, to_position int, primary key (lane, from_position))`,
    step: (client, lane) =>
      client.query('insert into progress values ($1, $2, $3)', [lane.number, lane.position, ++lane.position]),
  },
  'one row updated per lane': {
    prepare: `create table progress (lane int primary key, position int);
              insert into progress select n, 0 from generate_series(0, ${LANES - 1}) n`,
    step: (client, lane) =>
      client.query('update progress set position = $2 where lane = $1', [lane.number, ++lane.position]),
  },
  'a row deleted per event and listener': {
    prepare: `create table progress (id int generated always as identity primary key, lane int);
              insert into progress (lane) select n % ${LANES} from generate_series(1, ${DELIVERIES}) n;
              create index on progress (lane, id)`,
    step: (client, lane) =>
      client.query(
        `delete from progress where id = (
           select id from progress where lane = $1 order by id limit 1 for update skip locked)`,
        [lane.number],
      ),
  },
};

export const progress = {
  name: 'progress',
  adr: '0002',
  title: `${LANES} lanes that write an effect and their progress, before and while a transaction elsewhere holds a snapshot`,
  rounds: 3,
  async contenders(context) {
    const [control, holder, ...clients] = await context.clients(LANES + 2, { pipeline: true });
    // What differs are rows, not disks: no lane waits for its commit to be written.
    for (const client of clients) await client.query('set synchronous_commit = off');
    const seconds = { before: context.seconds, held: context.quick ? 15 : 30 };
    return Object.entries(WAYS).map(([name, way]) => ({
      name,
      round: () => round(way, { control, holder, clients, seconds }),
    }));
  },
};

async function round(way, { control, holder, clients, seconds }) {
  await control.query('drop table if exists progress, effect');
  await control.query(`create table effect (id bigint generated always as identity primary key); ${way.prepare}`);
  const lanes = new Map(clients.map((client, number) => [client, { number, position: 0 }]));
  const step = async (client) => {
    const effect = client.query('begin; insert into effect default values');
    await Promise.all([effect, way.step(client, lanes.get(client)), client.query('commit')]);
  };
  const before = await perSecond(clients, seconds.before, step);
  await holder.query('begin isolation level repeatable read');
  await holder.query('select count(*) from progress');
  // Its harm grows with time.
  await perSecond(clients, seconds.held, step);
  const after = await perSecond(clients, seconds.before, step);
  await holder.query('rollback');
  return { 'steps/s before': before, 'steps/s under the old snapshot': after };
}
