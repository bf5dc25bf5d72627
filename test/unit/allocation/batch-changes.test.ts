import { describe, expect, it } from '@jest/globals';
import {
  BatchEtaChanged,
  BatchQuantityChanged,
  BatchReceived,
  LineBackordered,
  LineEtaChanged,
  StockAllocated,
  StockDeallocated,
  type BatchShare,
} from '../../../src/allocation/index.js';
import {
  allocating,
  changingEta,
  changingQuantity,
  created,
  deallocating,
  given,
  named,
  NOW,
  receiving,
  serving,
  shipping,
  SKU,
  withPolicy,
} from './given-product.js';

const changed = (ref: string, previousQuantity: number, quantity: number) =>
  new BatchQuantityChanged({ sku: SKU, ref, previousQuantity, quantity, changedAt: NOW });
const allocated = (n: number, ...batches: BatchShare[]) =>
  new StockAllocated({ ...named(n), batches, allocatedAt: NOW });
const takenBack = (n: number, quantity: number) =>
  new StockDeallocated({ ...named(n), kept: quantity, deallocatedAt: NOW });
const waits = (n: number, quantity: number) =>
  new LineBackordered({ ...named(n), quantity, cause: 'stock_cut', backorderedAt: NOW });
const expected = (n: number, eta?: string) => new LineEtaChanged({ ...named(n), eta, changedAt: NOW });

describe('a batch that becomes smaller', () => {
  const full = [created('B1', 10), allocating(1, 3), allocating(2, 3), allocating(3, 4)];

  it('keeps its lines while there is enough for them', () => {
    const { when, batch } = given(created('B1', 10), allocating(1, 6));

    expect(when(changingQuantity('B1', 6))).toEqual([changed('B1', 10, 6)]);
    expect(batch('B1')).toMatchObject({ quantity: 6, allocated: 6 });
  });

  it('takes back as many lines as it must, the newest first, and moves them whole to another batch', () => {
    const { when, line, batch } = given(...full, created('B2', 20));

    expect(when(changingQuantity('B1', 5))).toEqual([
      changed('B1', 10, 5),
      takenBack(2, 3),
      allocated(2, { ref: 'B2', quantity: 3 }),
      takenBack(3, 4),
      allocated(3, { ref: 'B2', quantity: 4 }),
    ]);
    expect(line(1)).toMatchObject({ shares: [{ ref: 'B1', quantity: 3 }] });
    expect(batch('B1')).toMatchObject({ quantity: 5, allocated: 3 });
    expect(batch('B2')).toMatchObject({ allocated: 7 });
  });

  it.each(['deny', 'allow'] as const)('makes lines without another place wait, with the policy %s', (policy) => {
    const { when, line } = given(withPolicy(policy), ...full);

    expect(when(changingQuantity('B1', 6))).toEqual([changed('B1', 10, 6), takenBack(3, 4), waits(3, 4)]);
    expect(line(3)).toMatchObject({ state: 'backordered', quantity: 4, shares: [] });
  });

  it('takes unpaid lines first, and those of VIPs last', () => {
    const standing = { paid: [3], vip: [2] };

    expect(given(...full).when(changingQuantity('B1', 7, standing))).toEqual([
      changed('B1', 10, 7),
      takenBack(1, 3),
      waits(1, 3),
    ]);
    expect(given(...full).when(changingQuantity('B1', 6, standing))).toEqual([
      changed('B1', 10, 6),
      takenBack(3, 4),
      waits(3, 4),
    ]);
  });

  it('lets the line that loses last choose first', () => {
    const { when, line } = given(created('B1', 10), allocating(1, 5), allocating(2, 5), created('B2', 5));

    when(changingQuantity('B1', 0));

    expect(line(1)).toMatchObject({ state: 'allocated', shares: [{ ref: 'B2', quantity: 5 }] });
    expect(line(2)).toMatchObject({ state: 'backordered' });
  });

  it('tells nothing of a line that has its old place again', () => {
    const { when, line } = given(created('B1', 10), allocating(1, 9), allocating(2, 1));

    expect(when(changingQuantity('B1', 8))).toEqual([changed('B1', 10, 8), takenBack(1, 9), waits(1, 9)]);
    expect(line(2)).toMatchObject({ state: 'allocated', shares: [{ ref: 'B1', quantity: 1 }] });
  });

  it('serves lines that waited with what the taken line leaves', () => {
    const { when, product } = given(withPolicy('allow'), created('B1', 10), allocating(2, 10), allocating(3, 6));
    when(changingQuantity('B1', 9));
    product.uncommit();

    expect(when(serving).slice(0, 1)).toEqual([allocated(3, { ref: 'B1', quantity: 6 })]);
  });

  it('takes all shares of a split line, and splits it anew', () => {
    const { when, batch } = given(
      created('B1', 3),
      created('B2', 3),
      created('soon', 3, '2026-04-01'),
      allocating(1, 6),
    );

    expect(when(changingQuantity('B2', 2))).toEqual([
      changed('B2', 3, 2),
      takenBack(1, 6),
      allocated(
        1,
        { ref: 'B1', quantity: 3 },
        { ref: 'B2', quantity: 2 },
        { ref: 'soon', quantity: 1, eta: '2026-04-01' },
      ),
      expected(1, '2026-04-01'),
    ]);
    expect(batch('B2')).toMatchObject({ allocated: 2 });
  });

  it('can not become smaller than what was shipped', () => {
    const { when, product } = given(created('B1', 10), allocating(1, 4), shipping(1, 4));
    const before = product.state;

    expect(() => when(changingQuantity('B1', 3))).toThrow(
      expect.objectContaining({ code: 'BATCH_QUANTITY_BELOW_SHIPPED', kind: 'conflict', extras: { shipped: 4 } }),
    );
    expect(product.state).toBe(before);
    expect(when(changingQuantity('B1', 4))).toEqual([changed('B1', 10, 4)]);
  });
});

describe('a change of the quantity', () => {
  it('is refused when the batch has another quantity than its sender takes it to have', () => {
    const { when } = given(created('B1', 10));

    expect(() => when(changingQuantity('B1', 12, { expected: 11 }))).toThrow(
      expect.objectContaining({ code: 'QUANTITY_CHANGED', kind: 'conflict', extras: { currentQuantity: 10 } }),
    );
    expect(when(changingQuantity('B1', 12, { expected: 10 }))).toEqual([changed('B1', 10, 12)]);
  });

  it('is done once, however often it is sent', () => {
    const { when } = given(created('B1', 10), changingQuantity('B1', 12, { expected: 10 }));

    expect(when(changingQuantity('B1', 12, { expected: 10 }))).toEqual([]);
  });

  it('that adds units serves lines that wait', () => {
    const { when, product } = given(withPolicy('allow'), created('B1', 3), allocating(1, 5));
    when(changingQuantity('B1', 5));
    product.uncommit();

    expect(when(serving)).toEqual([allocated(1, { ref: 'B1', quantity: 5 })]);
  });
});

describe('a batch that is expected', () => {
  const soon = created('soon', 5, '2026-04-01');
  const later = created('later', 5, '2026-05-01');
  const etaChanged = (ref: string, previousEta: string | undefined, eta: string) =>
    new BatchEtaChanged({ sku: SKU, ref, previousEta, eta, changedAt: NOW });

  it('moves the promised dates of its lines with its own', () => {
    const { when } = given(soon, allocating(1, 2), allocating(2, 2), deallocating(2));

    expect(when(changingEta('soon', '2026-04-15'))).toEqual([
      etaChanged('soon', '2026-04-01', '2026-04-15'),
      expected(1, '2026-04-15'),
    ]);
  });

  it('moves no date of a line that waits for a later batch anyway', () => {
    const { when } = given(soon, later, allocating(1, 8));

    expect(when(changingEta('soon', '2026-04-15'))).toEqual([etaChanged('soon', '2026-04-01', '2026-04-15')]);
    expect(when(changingEta('soon', '2026-06-01')).slice(1)).toEqual([
      etaChanged('soon', '2026-04-15', '2026-06-01'),
      expected(1, '2026-06-01'),
    ]);
  });

  it('is received once, and its lines are in the warehouse', () => {
    const { when, product, batch } = given(soon, allocating(1, 2));

    expect(when(receiving('soon'))).toEqual([
      new BatchReceived({ sku: SKU, ref: 'soon', receivedAt: NOW }),
      expected(1),
    ]);
    product.uncommit();
    expect(when(receiving('soon'))).toEqual([]);
    expect(batch('soon')).toMatchObject({ eta: null });
  });

  it('leaves a line waiting for its other batch when it is received', () => {
    expect(given(soon, later, allocating(1, 8)).when(receiving('soon'))).toEqual([expect.any(BatchReceived)]);
  });

  it('can be shipped from once it is received', () => {
    const { when, line } = given(soon, allocating(1, 2), receiving('soon'));

    when(shipping(1, 2));

    expect(line(1)).toMatchObject({ state: 'shipped' });
  });

  it('can be expected again after a receipt by mistake, but not once something was shipped', () => {
    const { when } = given(created('B1', 5), allocating(1, 2));

    expect(when(changingEta('B1', '2026-04-01'))).toEqual([
      etaChanged('B1', undefined, '2026-04-01'),
      expected(1, '2026-04-01'),
    ]);
    when(receiving('B1'));
    when(shipping(1, 2));
    expect(() => when(changingEta('B1', '2026-04-02'))).toThrow(expect.objectContaining({ code: 'BATCH_SHIPPED' }));
  });

  it('is no longer waited for by a line that gives up its units', () => {
    const { when } = given(created('B1', 5), soon, allocating(1, 8));

    expect(when(deallocating(1, 5))).toEqual([expect.any(StockDeallocated), expected(1)]);
  });

  it('is what a line keeps when it comes before the others by now', () => {
    const { when, line } = given(soon, later, allocating(1, 8), receiving('later'));

    when(deallocating(1, 5));

    expect(line(1)).toMatchObject({
      shares: [
        { ref: 'later', quantity: 3 },
        { ref: 'soon', quantity: 2 },
      ],
    });
  });
});
