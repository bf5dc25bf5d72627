import { append, perSecond, sequencerOf, transaction } from './load.mjs';

const CONNECTIONS = 16;

/** What it costs to let appends wait for each other, so that ids would become visible in their order. */
export const exclusiveAppend = {
  name: 'exclusive-append',
  adr: '0001',
  title: `transactions of one row and one event, ${CONNECTIONS} at a time`,
  async contenders(context) {
    const [control, ...writers] = await context.clients(CONNECTIONS + 1);
    await context.createMessaging(control);
    await control.query('create table fact (id bigint generated always as identity primary key, number int)');
    const sequencer = sequencerOf(control, 'core');
    const round = async (lock, committed) => {
      const rate = await perSecond(writers, context.seconds, async (client, number) => {
        await transaction(client, async () => {
          await client.query('insert into fact (number) values ($1)', [number]);
          if (lock) await client.query(lock);
          await client.query(append('core', number % 100, number));
        });
        committed();
      });
      await sequencer.idle();
      await control.query('truncate fact, core.outbox');
      return { 'transactions/s': rate };
    };
    return [
      { name: 'the sequencer runs beside them', round: () => round(undefined, sequencer.kick) },
      { name: 'an exclusive lock per append', round: () => round('select pg_advisory_xact_lock(1)', () => undefined) },
    ];
  },
};
