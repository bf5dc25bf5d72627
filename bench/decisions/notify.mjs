import { append, perSecond, sequencerOf, transaction } from './load.mjs';

const CONNECTIONS = 16;
const NOTIFY = "select pg_notify('appended', $1)";

/** PostgreSQL lets transactions that notify commit one after the other. */
export const notify = {
  name: 'notify',
  adr: '0015',
  title: `transactions of one row and one event, ${CONNECTIONS} at a time`,
  async contenders(context) {
    const [control, listener, ...writers] = await context.clients(CONNECTIONS + 2);
    await context.createMessaging(control);
    await control.query('create table fact (id bigint generated always as identity primary key, number int)');
    await listener.query('listen appended; listen "core.event_log"');
    const sequencer = sequencerOf(control, 'core');
    const round = async ({ notifies, committed = () => undefined }) => {
      const rate = await perSecond(writers, context.seconds, async (client, number) => {
        await transaction(client, async () => {
          await client.query('insert into fact (number) values ($1)', [number]);
          await client.query(append('core', number % 100, number));
          if (notifies) await client.query(NOTIFY, [String(number)]);
          // As many round trips for everybody.
          else await client.query('select 1');
        });
        committed();
      });
      await sequencer.idle();
      await control.query('truncate fact, core.outbox');
      return { 'transactions/s': rate };
    };
    const committed = sequencer.kick;
    return [
      { name: 'the sequencer notifies', round: () => round({ notifies: false, committed }) },
      { name: 'every transaction notifies', round: () => round({ notifies: true, committed }) },
      { name: 'nobody sequences, nobody notifies', round: () => round({ notifies: false }) },
      { name: 'nobody sequences, every transaction notifies', round: () => round({ notifies: true }) },
    ];
  },
};
