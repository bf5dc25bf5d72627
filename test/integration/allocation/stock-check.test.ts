import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { CheckStock } from '../../../src/allocation/application/check-stock.js';
import { StockCheckQueries, stockRules } from '../../../src/allocation/application/stock-check.queries.js';
import type { WantedLine } from '../../../src/allocation/domain/line.js';
import { ShipAllocations } from '../../../src/allocation/index.js';
import { line, ShopFloor } from './shop-floor.js';

let shop: ShopFloor;
let [shipped, split, released]: WantedLine[] = [];
const errors: unknown[] = [];

beforeAll(async () => {
  shop = await ShopFloor.open();
  Logger.overrideLogger({ log: () => {}, warn: () => {}, error: (message: unknown) => void errors.push(message) });
  await shop.createBatch('SOUND', 'SOUND-1', 5);
  await shop.createBatch('SOUND', 'SOUND-2', 6);
  await shop.createBatch('OTHER', 'OTHER-1', 5);
  [shipped, split, released] = [line('SOUND', 2), line('SOUND', 8), line('SOUND', 1)];
  for (const each of [shipped, split, released]) await shop.allocate(each!);
  await shop.commands.execute(new ShipAllocations(shipped!.orderId, [shipped!]));
  await shop.deallocate(released!);
});
afterAll(async () => {
  Logger.overrideLogger(false);
  await shop.close();
});

const differences = () => shop.get(StockCheckQueries).differences();
const plant = (sql: string, ...parameters: unknown[]) => shop.database.query(sql, parameters);
const keyOf = ({ orderId, lineId }: WantedLine) => ({ orderId, lineId, ref: null });
const none = { orderId: null, lineId: null };

describe('books that add up', () => {
  it('show no difference, shipped and released lines included', async () => {
    errors.length = 0;

    expect(await differences()).toEqual([]);
    await shop.commands.execute(new CheckStock());
    expect(errors).toEqual([]);
  });
});

describe('books that somebody has tampered with', () => {
  const tables = ['batches', 'lines'];
  beforeAll(async () => {
    for (const table of tables) await plant(`CREATE TABLE public.${table} AS TABLE allocation.${table}`);
  });
  beforeEach(async () => {
    await plant('DELETE FROM allocation.lines');
    await plant('DELETE FROM allocation.batches');
    for (const table of tables.toReversed()) await plant(`SELECT setval('allocation.${table}_seq_seq', 100)`);
    for (const table of tables) {
      await plant(`INSERT INTO allocation.${table} OVERRIDING SYSTEM VALUE SELECT * FROM public.${table}`);
    }
  });

  it.each([
    [
      'a batch has promised more than its lines hold',
      `UPDATE allocation.batches SET allocated = allocated + 2 WHERE ref = 'OTHER-1'`,
      () => [
        { rule: 'batch_allocated_is_sum_of_shares', sku: 'OTHER', ref: 'OTHER-1', ...none, expected: 0, found: 2 },
      ],
    ],
    [
      'a batch has shipped less than its lines',
      `UPDATE allocation.batches SET shipped = 1 WHERE ref = 'SOUND-1'`,
      () => [
        {
          rule: 'batch_shipped_is_sum_of_shipped_shares',
          sku: 'SOUND',
          ref: 'SOUND-1',
          ...none,
          expected: 2,
          found: 1,
        },
      ],
    ],
    [
      'a line holds more than its quantity',
      `UPDATE allocation.lines SET quantity = 7 WHERE quantity = 8`,
      () => [{ rule: 'line_shares_are_its_quantity', sku: 'SOUND', ...keyOf(split!), expected: 7, found: 8 }],
    ],
    [
      'a released line has shares, which no batch knows of',
      `UPDATE allocation.lines SET shares = '[{"ref": "OTHER-1", "quantity": 1}]' WHERE state = 'released'`,
      () => [
        { rule: 'batch_allocated_is_sum_of_shares', sku: 'OTHER', ref: 'OTHER-1', ...none, expected: 1, found: 0 },
        { rule: 'line_shares_are_its_quantity', sku: 'SOUND', ...keyOf(released!), expected: 0, found: 1 },
        {
          rule: 'share_is_of_a_batch_of_the_sku',
          sku: 'SOUND',
          ...keyOf(released!),
          ref: 'OTHER-1',
          expected: 0,
          found: 1,
        },
      ],
    ],
    [
      'a line has more than was asked for',
      `UPDATE allocation.lines SET requested = 7 WHERE quantity = 8`,
      () => [{ rule: 'line_has_at_most_what_was_requested', sku: 'SOUND', ...keyOf(split!), expected: 7, found: 8 }],
    ],
  ])('are reported and left alone where %s', async (_, tampering, found) => {
    await plant(tampering);

    expect(await differences()).toEqual(found());

    errors.length = 0;
    await shop.commands.execute(new CheckStock());
    expect(errors).toMatchObject([{ msg: expect.stringContaining('do not add up'), differences: found() }]);
    expect(await differences()).toEqual(found());
  });

  it('are found out by each of the rules', async () => {
    await plant(`UPDATE allocation.lines SET shares = '[{"ref": "OTHER-1", "quantity": 9}]', requested = 7`);
    await plant(`UPDATE allocation.batches SET allocated = quantity, shipped = 0`);

    const rules = (await differences()).map(({ rule }) => rule);
    expect(new Set(rules)).toEqual(new Set(stockRules));
  });
});
