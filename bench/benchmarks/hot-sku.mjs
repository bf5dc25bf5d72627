import pg from 'pg';
import { inTurn } from '../rounds.mjs';
import { Floor, FloorByHand } from '../systems/allocations.mjs';

const CLIENTS = 32;
const SKUS = Array.from({ length: 100 }, (_, i) => `SKU-${i}`);

/** Allocations, where every client wants the same product, and where the wishes are spread. */
export async function hotSku(context) {
  const database = await context.server.createDatabase('hot_sku');
  const own = await Floor.open(database.url);
  const peer = await FloorByHand.open(database.url);
  const client = new pg.Client({ connectionString: database.url });
  await client.connect();
  try {
    await own.stock(SKUS);
    const comparisons = [];
    for (const skus of [SKUS.slice(0, 1), SKUS]) {
      const contenders = [own, peer].map((floor) => ({ name: floor.name, round: () => round(floor, skus) }));
      comparisons.push({
        title: `hot sku: ${CLIENTS} clients allocate units of ${skus.length === 1 ? 'one sku' : `${skus.length} skus`}`,
        results: await inTurn(contenders, context),
        bars: [{ figure: 'allocations/s', atLeast: 0.6 }],
      });
    }
    return comparisons;
  } finally {
    for (const floor of [own, peer]) await floor.close();
    await client.end();
    await database.drop();
  }

  async function round(floor, skus) {
    const before = await allocated();
    const begin = performance.now();
    const end = begin + (context.quick ? 2_000 : 5_000);
    const ask = async (_, index) => {
      let asked = 0;
      for (; performance.now() < end; asked++) await floor.allocate(skus[(index + asked * CLIENTS) % skus.length]);
      return asked;
    };
    const asked = await Promise.all(Array.from({ length: CLIENTS }, ask));
    const seconds = (performance.now() - begin) / 1_000;
    const done = asked.reduce((sum, count) => sum + count);
    const { units, lines } = await allocated();
    if (units - before.units !== done || lines - before.lines !== done) {
      throw new Error(
        `${floor.name}: ${done} asked for, ${units - before.units} units and ${lines - before.lines} lines`,
      );
    }
    return { 'allocations/s': done / seconds };
  }

  async function allocated() {
    const { rows } = await client.query(`
      select (select sum(allocated)::int from allocation.batches) as units,
             (select count(*)::int from allocation.lines where state = 'allocated') as lines`);
    return rows[0];
  }
}
