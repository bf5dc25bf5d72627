import Core from '../systems/core.mjs';
import { checkEffects } from '../systems/tables.mjs';
import { handling } from '../tasks.mjs';

const LOAD = { events: 10_000, streams: 100 };

/** What a projection that writes a row for each event gains by getting many of them in one call. */
export const oneCall = {
  name: 'one-call',
  adr: '0017',
  title: `${LOAD.events.toLocaleString('en')} events through a handler that writes a row for each`,
  async contenders(context) {
    const client = await context.client();
    const ways = {
      'a hundred in one call': { batch: 100, together: true },
      'a hundred in a transaction, each in a call': { batch: 100, together: false },
      'each in a transaction': { batch: 1 },
    };
    return Promise.all(
      Object.entries(ways).map((way, number) => contender(context, client, [...way, `core_${number}`])),
    );
  },
};

async function contender(context, client, [name, set, schema]) {
  const core = new Core(context.url, 'ordered', { ...set, schema });
  await core.prepare(client);
  const round = async () => {
    await core.open();
    try {
      const perSecond = await handling(core, LOAD);
      await checkEffects(client, schema, LOAD);
      return { 'events/s': perSecond };
    } finally {
      await core.close();
    }
  };
  return { name, round };
}
