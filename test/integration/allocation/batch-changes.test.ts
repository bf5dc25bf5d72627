import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { AvailabilityQueries } from '../../../src/allocation/application/availability.queries.js';
import { BatchQueries } from '../../../src/allocation/application/batch.queries.js';
import { ChangeBatchEta } from '../../../src/allocation/application/change-batch-eta.js';
import { ChangeBatchQuantity } from '../../../src/allocation/application/change-batch-quantity.js';
import { KnownVips } from '../../../src/allocation/application/known-vips.js';
import { MarkAllocationPaid } from '../../../src/allocation/application/mark-allocation-paid.js';
import { ReceiveBatch } from '../../../src/allocation/application/receive-batch.js';
import { StockCheckQueries } from '../../../src/allocation/application/stock-check.queries.js';
import { Products } from '../../../src/allocation/domain/products.js';
import type { WantedLine } from '../../../src/allocation/domain/line.js';
import { ShipAllocations } from '../../../src/allocation/index.js';
import { READ_HOLDERS } from '../../../src/allocation/infrastructure/product.sql.js';
import { CustomerBecameVip, CustomerErased } from '../../../src/customer/index.js';
import { recordStatements } from '../../support/statements.js';
import { line, ShopFloor, times } from './shop-floor.js';

let shop: ShopFloor;

beforeAll(async () => {
  shop = await ShopFloor.open();
});
afterAll(() => shop.close());

const resize = (ref: string, quantity: number, expected?: number) =>
  shop.commands.execute(new ChangeBatchQuantity(ref, { quantity, expected }));
const statesOf = (lines: readonly WantedLine[]) => Promise.all(lines.map((each) => shop.stateOf(each)));
const refsOf = async (of: WantedLine) => (await shop.allocations.get(of)).batches.map((batch) => batch.ref);
const codeOf = (error: unknown) => (error as { code?: string }).code;
const outcome = (work: Promise<unknown>) => work.then(() => 'done', codeOf);
const differences = () => shop.get(StockCheckQueries).differences();

async function allocated(lines: readonly WantedLine[]): Promise<readonly WantedLine[]> {
  for (const each of lines) await shop.allocate(each);
  return lines;
}

let customers = 0;
async function vip(): Promise<string> {
  const customerId = `vip-${++customers}`;
  await shop.get(KnownVips).handle(new CustomerBecameVip({ customerId, vipSince: new Date() }));
  return customerId;
}

const pay = ({ orderId }: WantedLine) => shop.commands.execute(new MarkAllocationPaid(orderId));

describe('a batch that becomes smaller', () => {
  it('loses an unpaid line first, then the newest, and a VIP’s last, however often it is told', async () => {
    await shop.createBatch('CUT', 'CUT-1', 6);
    const [vips, oldest, paid, newest] = [
      { ...line('CUT', 1), customerId: await vip() },
      line('CUT', 1),
      line('CUT', 2),
      { ...line('CUT', 2), customerId: 'anna' },
    ];
    await allocated([oldest, vips, paid, newest]);
    await pay(paid);
    await pay(paid);

    const after = [];
    for (const quantity of [5, 3, 1]) {
      await resize('CUT-1', quantity);
      after.push(await statesOf([vips, paid, oldest, newest]));
    }

    const [kept, waits] = ['allocated', 'backordered'];
    expect(after).toEqual([
      [kept, kept, kept, waits],
      [kept, kept, waits, waits],
      [kept, waits, waits, waits],
    ]);
    expect(await shop.batch('CUT-1')).toMatchObject({ allocated: 1 });
  });

  it('takes a team’s line, of which nobody knows whether it is paid, after an unpaid order’s', async () => {
    await shop.createBatch('TEAM-CUT', 'TEAM-CUT-1', 2);
    const [ours, teams] = [line('TEAM-CUT', 1), line('TEAM-CUT', 1)];
    await shop.allocate(ours);
    await shop.allocate(teams, 'team');

    await resize('TEAM-CUT-1', 1);

    expect(await statesOf([ours, teams])).toEqual(['backordered', 'allocated']);
  });

  it('knows an order that was paid before its line came', async () => {
    await shop.createBatch('PAID-FIRST', 'PAID-FIRST-1', 2);
    const [older, paid] = [line('PAID-FIRST', 1), line('PAID-FIRST', 1)];
    await pay(paid);
    await allocated([older, paid]);

    await resize('PAID-FIRST-1', 1);

    expect(await statesOf([older, paid])).toEqual(['backordered', 'allocated']);
  });

  it('moves lines to another batch, and never those that were shipped', async () => {
    await shop.createBatch('MOVE', 'MOVE-1', 4);
    const [gone, open] = await allocated([line('MOVE', 2), line('MOVE', 2)]);
    await shop.commands.execute(new ShipAllocations(gone!.orderId, [gone!]));
    await shop.createBatch('MOVE', 'MOVE-2', 4, '2026-04-01');

    await resize('MOVE-1', 2, 4);

    expect(await refsOf(open!)).toEqual(['MOVE-2']);
    expect(await shop.batch('MOVE-1')).toMatchObject({ allocated: 2, shipped: 2 });
    expect(await outcome(resize('MOVE-1', 1))).toBe('BATCH_QUANTITY_BELOW_SHIPPED');
    expect(await outcome(resize('MOVE-1', 3, 4))).toBe('QUANTITY_CHANGED');
    expect(await outcome(resize('NOWHERE', 1))).toBe('BATCH_NOT_FOUND');
  });

  it('loads the lines that lose their units, and no other', async () => {
    await shop.createBatch('FEW', 'FEW-1', 50);
    const lines = await allocated(times(50, () => line('FEW', 1)));

    const losers = await shop.get(Products).holders('FEW-1', 3);

    expect(losers.map(({ lineId }) => lineId)).toEqual(
      lines
        .slice(-3)
        .toReversed()
        .map(({ lineId }) => lineId),
    );
    expect(await shop.get(Products).holders('FEW-1')).toHaveLength(50);
  });

  it('finds them among many lines by an index', async () => {
    await plantLines('MANY', 100_000);

    const [row] = await shop.database.query(`EXPLAIN (ANALYZE, FORMAT JSON) ${READ_HOLDERS}`, ['MANY-1', 10]);

    const plan = JSON.stringify(row['QUERY PLAN'][0].Plan);
    const ms = row['QUERY PLAN'][0]['Execution Time'] as number;
    process.stdout.write(`the holders of a batch among 100,000 lines of its product in ${ms.toFixed(1)} ms\n`);
    expect(plan).toContain('"Index Name":"lines_of_batch"');
    expect(rowsReadFrom('lines', row['QUERY PLAN'][0].Plan)).toBeLessThanOrEqual(200);
  });
});

interface Plan {
  readonly 'Relation Name'?: string;
  readonly 'Actual Rows': number;
  readonly 'Rows Removed by Filter'?: number;
  readonly 'Rows Removed by Index Recheck'?: number;
  readonly Plans?: readonly Plan[];
}

function rowsReadFrom(table: string, plan: Plan): number {
  const removed = (plan['Rows Removed by Filter'] ?? 0) + (plan['Rows Removed by Index Recheck'] ?? 0);
  const own = plan['Relation Name'] === table ? plan['Actual Rows'] + removed : 0;
  return (plan.Plans ?? []).reduce((sum, child) => sum + rowsReadFrom(table, child), own);
}

/** Of a product with a long history: all but 200 lines are shipped, and 200 are held by each of two batches. */
async function plantLines(sku: string, count: number): Promise<void> {
  await shop.createBatch(sku, `${sku}-1`, count);
  await shop.createBatch(sku, `${sku}-2`, 1_000);
  await shop.database.query(
    `INSERT INTO allocation.lines (order_id, line_id, sku, origin, requested, quantity, state, shares)
     SELECT gen_random_uuid(), gen_random_uuid(), $1, 'order', 1, 1,
            CASE WHEN n <= 400 THEN 'allocated' ELSE 'shipped' END,
            jsonb_build_array(jsonb_build_object('ref', $1 || CASE WHEN n <= 200 THEN '-2' ELSE '-1' END, 'quantity', 1))
     FROM generate_series(1, $2::int) n`,
    [sku, count],
  );
  await shop.database.query(
    `UPDATE allocation.batches SET allocated = CASE ref WHEN $1 || '-2' THEN 200 ELSE $2 - 200 END,
                                   shipped = CASE ref WHEN $1 || '-2' THEN 0 ELSE $2 - 400 END
     WHERE sku = $1`,
    [sku, count],
  );
  await shop.database.query('ANALYZE allocation.lines');
}

describe('a batch that becomes bigger', () => {
  it('serves waiting lines, VIPs first, then first come', async () => {
    await shop.define('BIGGER', 'allow');
    await shop.createBatch('BIGGER', 'BIGGER-1', 1);
    const vips = { ...line('BIGGER', 2), customerId: await vip() };
    const [first, second, ...rest] = await allocated([line('BIGGER', 2), line('BIGGER', 2), line('BIGGER', 1), vips]);
    expect(await statesOf(rest)).toEqual(['allocated', 'backordered']);

    await resize('BIGGER-1', 5);

    expect(await statesOf([first!, second!, vips])).toEqual(['allocated', 'backordered', 'allocated']);
    expect((await shop.batch('BIGGER-1')).allocated).toBe(5);
  });

  it('gives lines that a cut made wait their turn', async () => {
    await shop.createBatch('BACK', 'BACK-1', 4);
    const lines = await allocated([line('BACK', 2), line('BACK', 2)]);
    await resize('BACK-1', 0);
    expect(await statesOf(lines)).toEqual(['backordered', 'backordered']);

    await resize('BACK-1', 2);

    expect(await statesOf(lines)).toEqual(['allocated', 'backordered']);
  });
});

describe('a customer who is erased', () => {
  it('is no VIP here any more', async () => {
    const customerId = await vip();

    await shop.get(KnownVips).handle(new CustomerErased({ customerId, erasedAt: new Date() }));

    const known = await shop.database.query('SELECT FROM allocation.vips WHERE customer_id = $1', [customerId]);
    expect(known).toEqual([]);
  });
});

describe('what of a product is free', () => {
  beforeAll(async () => {
    await shop.createBatch('FREE', 'FREE-1', 3);
    await shop.createBatch('FREE', 'FREE-2', 5, '2026-05-01');
    await shop.createBatch('FREE', 'FREE-3', 7, '2026-04-01');
    await shop.allocate(line('FREE', 1));
  });
  const free = (date: string | null) => shop.get(AvailabilityQueries).of('FREE', date);
  const [now, april, may] = [
    { ref: 'FREE-1', eta: null, available: 2 },
    { ref: 'FREE-3', eta: '2026-04-01', available: 7 },
    { ref: 'FREE-2', eta: '2026-05-01', available: 5 },
  ];

  it('is what is in the warehouse, and more later', async () => {
    const later = [
      { date: '2026-04-01', available: 9 },
      { date: '2026-05-01', available: 14 },
    ];
    expect(await free(null)).toEqual({ sku: 'FREE', date: null, available: 2, batches: [now], later });
  });

  it.each([
    ['2026-03-31', [now], 2],
    ['2026-04-01', [now, april], 9],
    ['2026-05-02', [now, april, may], 14],
  ])('by %s is what comes until then', async (date, batches, available) => {
    expect(await free(date)).toMatchObject({ date, available, batches });
  });

  it('moves with the batches', async () => {
    await shop.commands.execute(new ChangeBatchEta('FREE-2', '2026-03-15'));
    await shop.commands.execute(new ReceiveBatch('FREE-3'));

    expect(await free(null)).toMatchObject({ available: 9, later: [{ date: '2026-03-15', available: 14 }] });
  });

  it('is nothing of a product without stock, and unknown of an unknown one', async () => {
    await shop.define('EMPTY', 'deny');

    const queries = shop.get(AvailabilityQueries);
    expect(await queries.of('EMPTY', null)).toMatchObject({ available: 0, batches: [], later: [] });
    await expect(queries.of('NOWHERE', null)).rejects.toMatchObject({ code: 'PRODUCT_NOT_FOUND' });
  });
});

describe('at the same time', () => {
  it('a shipment and a cut of its stock: one of the two wins, in 200 of 200 runs', async () => {
    const wins = { shipment: 0, cut: 0 };
    for (const round of times(20, (i) => i)) {
      const runs = times(10, async (i) => {
        const [sku, ref] = [`RACE-${round}-${i}`, `RACE-${round}-${i}-1`];
        await shop.createBatch(sku, ref, 5);
        const [wanted] = await allocated([line(sku, 5)]);
        const ship = () => outcome(shop.commands.execute(new ShipAllocations(wanted!.orderId, [wanted!])));
        const cut = () => outcome(resize(ref, 4));
        // A cut asks for the sku of its batch first: by turns it gets a start.
        const [cutEnded, shipEnded] = i % 2 ? await Promise.all([cut(), ship()]) : await aheadOf(cut, ship);
        const ended = [shipEnded, cutEnded, await shop.stateOf(wanted!)].join(' ');
        const { allocated: held, shipped } = await shop.batch(ref);
        return { ended, held, shipped };
      });
      for (const run of await Promise.all(runs)) {
        const shipmentWon = { ended: 'done BATCH_QUANTITY_BELOW_SHIPPED shipped', held: 5, shipped: 5 };
        const cutWon = { ended: 'STOCK_NOT_READY done backordered', held: 0, shipped: 0 };
        expect([shipmentWon, cutWon]).toContainEqual(run);
        wins[run.shipped ? 'shipment' : 'cut']++;
      }
    }
    process.stdout.write(`shipment against cut: ${wins.shipment} to ${wins.cut}\n`);
    expect(Math.min(wins.shipment, wins.cut)).toBeGreaterThan(0);
    expect(await differences()).toEqual([]);
  }, 60_000);

  it('cuts and allocations: never more than there is, and nothing is lost', async () => {
    await shop.define('BUSY', 'allow');
    await shop.createBatch('BUSY', 'BUSY-1', 60);
    await shop.createBatch('BUSY', 'BUSY-2', 60, '2026-04-01');
    const lines = times(40, () => line('BUSY', 5));

    const work = lines.flatMap((each, i) => [
      shop.allocate(each),
      resize(`BUSY-${1 + (i % 2)}`, [60, 7, 33, 0, 51][i % 5]!),
      ...(i % 4 ? [] : [shop.deallocate(each, 2)]),
    ]);
    await Promise.all(work);
    await resize('BUSY-1', 58);
    await resize('BUSY-2', 42);

    const units = await Promise.all(lines.map((each) => shop.allocations.get(each)));
    const held = units.filter(({ state }) => state === 'allocated').reduce((sum, { quantity }) => sum + quantity, 0);
    const { allocated: first } = await shop.batch('BUSY-1');
    const { allocated: second } = await shop.batch('BUSY-2');
    expect(first + second).toBe(held);
    expect(100 - held).toBeLessThan(5);
    expect(units.every(({ state }) => state === 'allocated' || state === 'backordered')).toBe(true);
    expect(await differences()).toEqual([]);
  });
});

async function aheadOf<A, B>(first: () => Promise<A>, second: () => Promise<B>): Promise<[A, B]> {
  const started = first();
  await shop.database.query('SELECT 1');
  return Promise.all([started, second()]);
}

describe('an allocation', () => {
  it('takes the same statements whatever else there is: lock, read, write, with its events', async () => {
    await shop.createBatch('COUNTED', 'COUNTED-1', 5);
    const customerId = await vip();
    const journal = recordStatements(shop.database);

    await shop.allocate({ ...line('COUNTED', 1), customerId });

    expect(journal).toEqual(['BEGIN', 'SELECT', 'SELECT', 'WITH', 'append events', 'COMMIT']);
  });
});

describe('the list of batches', () => {
  it('shows each batch that was there once, however many come in meanwhile', async () => {
    const refs = times(7, (i) => `LIST-${i}`);
    for (const ref of refs) await shop.createBatch('LIST', ref, 1);
    const shown: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await shop.get(BatchQueries).list({ sku: 'LIST', limit: 2, cursor });
      shown.push(...page.data.map(({ ref }) => ref));
      await shop.createBatch('LIST', `LATE-${randomUUID()}`, 1);
      cursor = page.nextCursor ?? undefined;
    } while (cursor);

    expect(shown).toEqual(refs.toReversed());
  });
});
