import { inTurn } from '../rounds.mjs';
import { Stage } from '../stage.mjs';

const CLIENTS = 32;

/** What the lock of one product lets through when everybody wants it, and what a hundred products do. */
export async function hotSku(context) {
  const stage = await Stage.open(context, { row: 'hot-sku', use: 'allocate', systems: ['allocations'] });
  const seconds = context.pick({ full: 4, quick: 1, smoke: 0.2 });
  try {
    const comparisons = [];
    for (const skus of [1, 100]) {
      comparisons.push({
        title: `hot-sku: allocations on ${skus} ${skus === 1 ? 'sku' : 'skus'}, ${CLIENTS} clients`,
        what: `Clients allocate one unit after another for ${seconds} s, each allocation in a transaction that locks its product. The limit is the same SQL by hand.`,
        results: await inTurn(contenders(stage, { connections: CLIENTS, seconds, streams: skus }), context),
        bars: [{ figure: 'allocations/s', atLeast: 0.6, than: 'limit' }],
      });
    }
    return comparisons;
  } finally {
    await stage.close();
  }
}

function contenders(stage, load) {
  const byTransaction = (transaction) =>
    stage.contenders(async ({ remote }) => {
      const { committed, perSecond } = await remote.call('publishing', { ...load, transaction });
      await allAllocated(stage, committed);
      return { 'allocations/s': perSecond };
    });
  const [own] = byTransaction('allocate');
  const [byHand] = byTransaction('byHand');
  return [own, { ...byHand, name: 'the same SQL by hand', role: 'limit', how: 'on pg alone' }];
}

/** One line of one unit for each allocation, then forgotten. */
async function allAllocated({ client }, expected) {
  const { rows } = await client.query(`
    select (select count(*)::int from allocation.lines where state = 'allocated') as lines,
           (select sum(allocated)::int from allocation.batches) as units,
           (select count(*)::int from messaging.outbox where type = 'product.stock-allocated') as events`);
  const { lines, units, events } = rows[0];
  if (lines !== expected || units !== expected || events !== expected) {
    throw new Error(`${expected} allocations left ${lines} lines, ${units} units and ${events} events`);
  }
  await client.query('truncate allocation.lines, messaging.outbox; update allocation.batches set allocated = 0');
}
