import { inTurn } from '../rounds.mjs';
import { Stage } from '../stage.mjs';
import { checkFacts } from '../systems/tables.mjs';

const CONNECTIONS = [1, 16];
const SYSTEMS = ['core', 'bare', 'pg-transactional-outbox', 'pg-boss', 'graphile-worker'];

/** How many transactions that write one row and one event can be committed, while nobody delivers. */
export async function publish(context) {
  const stage = await Stage.open(context, { row: 'publish', use: 'publish', systems: SYSTEMS });
  const seconds = context.pick({ full: 2.5, quick: 1, smoke: 0.2 });
  try {
    const comparisons = [];
    for (const connections of CONNECTIONS) {
      comparisons.push({
        title: `publish: transactions of one row and one event, ${connections} at a time`,
        what: `Publishers commit for ${seconds} s, each one transaction after another, while nobody delivers. The limit is the same transaction without an event.`,
        results: await inTurn(contenders(stage, { connections, seconds }), context),
        bars: [
          { figure: 'transactions/s', atLeast: 0.8, than: 'limit' },
          { figure: 'transactions/s', atLeast: 1, than: 'best peer' },
        ],
      });
    }
    return comparisons;
  } finally {
    await stage.close();
  }
}

function contenders(stage, load) {
  const byTransaction = (transaction) =>
    stage.contenders(
      async ({ remote, schema }) => {
        const { committed, perSecond } = await remote.call('publishing', { ...load, transaction });
        await checkFacts(stage.client, schema, committed);
        await remote.call('cleared');
        return { 'transactions/s': perSecond };
      },
      { deliver: false },
    );
  const [limit] = byTransaction('write').filter(({ role }) => role === 'by hand');
  return [...byTransaction('publish'), { ...limit, name: 'bare pg, no event', role: 'limit', how: 'the row alone' }];
}
