import { begin } from '../../dist/src/messaging/begin.js';
import { append, perSecond } from './load.mjs';

const INSERT = { name: 'fact', text: 'insert into fact (number) values ($1)' };
const BEGIN = 'begin';
const ID = '; select pg_current_xact_id()::text';

/** How the statements of a small transaction travel; each line of awaits is one round trip. */
const WAYS = {
  'two flights, with the id, by name': (client, number) =>
    pipelined(client, number, begin(client, BEGIN, { id: true })),
  'two flights, with the id': (client, number) => pipelined(client, number, client.query(BEGIN + ID)),
  'two flights, without the id': (client, number) => pipelined(client, number, client.query(BEGIN)),
  'one statement at a time': (client, number) => oneByOne(client, number),
};

async function pipelined(client, number, begun) {
  await Promise.all([begun, client.query({ ...INSERT, values: [number] })]);
  await Promise.all([client.query(append('core', number % 100, number)), client.query('commit')]);
}

async function oneByOne(client, number) {
  await client.query(BEGIN);
  await client.query({ ...INSERT, values: [number] });
  await client.query(append('core', number % 100, number));
  await client.query('commit');
}

export const lastFlight = {
  name: 'last-flight',
  adr: '0009',
  title: 'transactions of one row and one event',
  async contenders(context) {
    const control = await context.client();
    await context.createMessaging(control);
    await control.query('create table fact (id bigint generated always as identity primary key, number int)');
    const clients = await context.clients(16, { pipeline: true });
    return Object.entries(WAYS).map(([name, step]) => ({
      name,
      round: async () => {
        const figures = {
          'transactions/s, 1 at a time': await perSecond(clients.slice(0, 1), context.seconds, step),
          'transactions/s, 16 at a time': await perSecond(clients, context.seconds, step),
        };
        await control.query('truncate fact, core.outbox');
        return figures;
      },
    }));
  },
};
