import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { GetOrderAllocations, GetProductOffers, ShipAllocations } from '../../../src/allocation/index.js';
import { UnitOfWork } from '../../../src/messaging/index.js';
import { line, ShopFloor, times } from './shop-floor.js';

let shop: ShopFloor;

beforeAll(async () => {
  shop = await ShopFloor.open();
});
afterAll(() => shop.close());

const outcomes = async (work: readonly Promise<unknown>[]) => {
  const settled = await Promise.allSettled(work);
  return settled.map((each) => (each.status === 'fulfilled' ? each.value : (each.reason as { code: string }).code));
};

describe('a hundred units in one batch', () => {
  it('serve 20 of 40 parallel allocations of 5, and never more', async () => {
    await shop.createBatch('HOT', 'HOT-1', 100);
    const lines = times(40, () => line('HOT', 5));

    await Promise.all(lines.map((each) => shop.allocate(each)));

    const states = await Promise.all(lines.map((each) => shop.stateOf(each)));
    expect(states.filter((state) => state === 'allocated')).toHaveLength(20);
    expect(states.filter((state) => state === 'out_of_stock')).toHaveLength(20);
    expect(await shop.batch('HOT-1')).toMatchObject({ allocated: 100 });
  });

  it('serve a line once that is asked for ten times at once', async () => {
    await shop.createBatch('SAME', 'SAME-1', 100);
    const same = line('SAME', 5);

    await Promise.all(times(10, () => shop.allocate(same)));

    expect(await shop.batch('SAME-1')).toMatchObject({ allocated: 5 });
  });

  it('are all free again when every line was allocated and deallocated, in whichever order', async () => {
    await shop.createBatch('UNDONE', 'UNDONE-1', 100);
    const lines = times(20, () => line('UNDONE', 5));

    await Promise.all(lines.flatMap((each) => [shop.allocate(each), shop.deallocate(each)]));

    expect(await shop.batch('UNDONE-1')).toMatchObject({ allocated: 0 });
    expect(await Promise.all(lines.map((each) => shop.stateOf(each)))).toEqual(times(20, () => 'released'));
  });
});

describe('a sku that nobody has heard of', () => {
  it('becomes one product when two first batches arrive at once', async () => {
    const created = [shop.createBatch('FRESH', 'FRESH-1', 10), shop.createBatch('FRESH', 'FRESH-2', 10)];

    expect(await outcomes(created)).toEqual([true, true]);
    await shop.allocate(line('FRESH', 20));
    expect(await shop.batch('FRESH-2')).toMatchObject({ allocated: 10 });
  });

  it('can not be allocated', async () => {
    await expect(shop.allocate(line('NOWHERE', 1))).rejects.toMatchObject({ code: 'SKU_UNKNOWN', kind: 'invalid' });
  });
});

describe('a ref', () => {
  it('makes one batch when it is sent twice at once', async () => {
    const created = [shop.createBatch('TWICE', 'TWICE-1', 10), shop.createBatch('TWICE', 'TWICE-1', 10)];

    expect(await outcomes(created)).toEqual(expect.arrayContaining([false, true]));
  });

  it('makes one batch when two skus claim it at once', async () => {
    const created = [shop.createBatch('CLAIM-A', 'CLAIMED', 10), shop.createBatch('CLAIM-B', 'CLAIMED', 10)];

    expect(await outcomes(created)).toEqual(expect.arrayContaining(['BATCH_EXISTS', true]));
  });
});

describe('a line', () => {
  it('is one sku’s only, when two claim it at once', async () => {
    await Promise.all([shop.createBatch('ONE', 'ONE-1', 10), shop.createBatch('TWO', 'TWO-1', 10)]);
    const first = line('ONE', 4);

    const allocations = [shop.allocate(first), shop.allocate({ ...first, sku: 'TWO' })];

    expect(await outcomes(allocations)).toEqual(expect.arrayContaining(['ALLOCATION_EXISTS', undefined]));
    const [one, two] = [await shop.batch('ONE-1'), await shop.batch('TWO-1')];
    expect(one.allocated + two.allocated).toBe(4);
  });

  it('writes its own batch and no other', async () => {
    await shop.createBatch('NEAR', 'NEAR-1', 10);
    await shop.createBatch('NEAR', 'NEAR-2', 10);
    const before = await shop.batch('NEAR-2');

    await shop.allocate(line('NEAR', 4));

    expect(await shop.batch('NEAR-1')).toMatchObject({ allocated: 4 });
    expect(await shop.batch('NEAR-2')).toEqual(before);
  });
});

describe('the back-order queue', () => {
  it('is served by a new batch as far as it reaches: first come first served, past those that do not fit', async () => {
    await shop.define('QUEUE', 'allow');
    const lines = [4, 9, 3, 2, 1].map((quantity) => line('QUEUE', quantity));
    for (const each of lines) await shop.allocate(each);

    await shop.createBatch('QUEUE', 'QUEUE-1', 8, '2026-04-01');

    const states = await Promise.all(lines.map((each) => shop.stateOf(each)));
    expect(states).toEqual(['allocated', 'backordered', 'allocated', 'backordered', 'allocated']);
  });

  it('is served by what another line gives back', async () => {
    await shop.define('RETURN', 'allow');
    await shop.createBatch('RETURN', 'RETURN-1', 5);
    const [holder, waiting] = [line('RETURN', 5), line('RETURN', 3)];
    await shop.allocate(holder);
    await shop.allocate(waiting);

    await shop.deallocate(holder);

    expect(await shop.stateOf(waiting)).toBe('allocated');
    expect(await shop.batch('RETURN-1')).toMatchObject({ allocated: 3 });
  });
});

describe('shipping an order', () => {
  const orderOf = async (skus: readonly string[]) => {
    const orderId = randomUUID();
    const lines = skus.map((sku) => line(sku, 2, orderId));
    for (const each of lines) await shop.allocate(each);
    return new ShipAllocations(orderId, lines);
  };

  it('takes all of its lines, of several skus, out of the house', async () => {
    await shop.createBatch('SHIP-A', 'SHIP-A1', 5);
    await shop.createBatch('SHIP-B', 'SHIP-B1', 5);
    const shipment = await orderOf(['SHIP-B', 'SHIP-A', 'SHIP-B']);

    await shop.commands.execute(shipment);

    expect(await shop.batch('SHIP-A1')).toMatchObject({ allocated: 2, shipped: 2 });
    expect(await shop.batch('SHIP-B1')).toMatchObject({ allocated: 4, shipped: 4 });
  });

  it('takes nothing when one of them is not in the warehouse', async () => {
    await shop.createBatch('READY', 'READY-1', 5);
    await shop.createBatch('SOON', 'SOON-1', 5, '2026-04-01');
    const shipment = await orderOf(['READY', 'SOON']);

    await expect(shop.commands.execute(shipment)).rejects.toMatchObject({ code: 'STOCK_NOT_READY' });
    expect(await shop.batch('READY-1')).toMatchObject({ shipped: 0 });
  });

  it('does not deadlock with another that has the same skus the other way round', async () => {
    await shop.createBatch('LOCK-A', 'LOCK-A1', 100);
    await shop.createBatch('LOCK-B', 'LOCK-B1', 100);
    const shipments = await Promise.all(times(10, (i) => orderOf(i % 2 ? ['LOCK-A', 'LOCK-B'] : ['LOCK-B', 'LOCK-A'])));

    await Promise.all(shipments.map((each) => shop.commands.execute(each)));

    expect(await shop.batch('LOCK-A1')).toMatchObject({ shipped: 20 });
  });
});

describe('what other modules ask', () => {
  it('is answered with the products that can be ordered', async () => {
    await shop.define('OFFER', 'deny');
    await shop.createBatch('UNPRICED', 'UNPRICED-1', 5);

    const offers = await shop.queries.execute(new GetProductOffers(['OFFER', 'UNPRICED', 'NOWHERE']));

    expect(offers).toEqual([{ sku: 'OFFER', name: 'OFFER', unitPrice: { amount: 4_999, currency: 'EUR' } }]);
  });

  it('is answered with where the stock of an order comes from', async () => {
    await shop.createBatch('PARTS', 'PARTS-1', 3, '2026-04-01');
    await shop.createBatch('PARTS', 'PARTS-2', 2);
    const split = line('PARTS', 4);
    await shop.allocate(split);

    const [found] = await shop.queries.execute(new GetOrderAllocations(split.orderId));

    const batches = [
      { ref: 'PARTS-2', quantity: 2, eta: null },
      { ref: 'PARTS-1', quantity: 2, eta: '2026-04-01' },
    ];
    expect(found).toEqual({ ...split, state: 'allocated', batches });
  });
});

describe('the database', () => {
  it('refuses more than there is, even to a program that is wrong', async () => {
    await shop.createBatch('CHECK', 'CHECK-1', 5);

    const wrong = shop.database.query(`UPDATE allocation.batches SET allocated = 6 WHERE ref = 'CHECK-1'`);

    await expect(wrong).rejects.toMatchObject({ constraint: 'never_more_than_there_is' });
  });

  it('keeps nothing of an allocation whose unit of work fails', async () => {
    await shop.createBatch('FAIL', 'FAIL-1', 5);
    const unitOfWork = shop.get(UnitOfWork);

    const failing = unitOfWork.run(async () => {
      await shop.allocate(line('FAIL', 5));
      throw new Error('planned');
    });

    await expect(failing).rejects.toThrow('planned');
    expect(await shop.batch('FAIL-1')).toMatchObject({ allocated: 0 });
  });
});
