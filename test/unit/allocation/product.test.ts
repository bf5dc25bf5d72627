import { describe, expect, it } from '@jest/globals';
import {
  BackInStock,
  BatchCreated,
  LineBackordered,
  OutOfStock,
  ProductDefined,
  StockAllocated,
  StockDeallocated,
} from '../../../src/allocation/index.js';
import {
  allocating,
  batch,
  created,
  deallocating,
  given,
  key,
  named,
  NOW,
  serving,
  shipping,
  SKU,
  wanted,
  withPolicy,
} from './given-product.js';

const allocated = (n: number, ...batches: StockAllocated['batches']) =>
  new StockAllocated({ ...named(n), batches, allocatedAt: NOW });

describe('a sku that nothing is known of', () => {
  it('becomes a product when it is defined', () => {
    const { product, when } = given();

    const facts = { name: 'Chair', unitPrice: { amount: 4_999, currency: 'EUR' }, active: true } as const;
    expect(when(withPolicy('deny'))).toEqual([
      new ProductDefined({ sku: SKU, ...facts, backorderPolicy: 'deny', definedAt: NOW }),
    ]);
    expect(product.state).toMatchObject(facts);
  });

  it('can be allocated once it has a batch, but has no price and is not active', () => {
    const { product, when } = given(created('B1', 10));

    expect(when(allocating(1, 3))).toEqual([allocated(1, { ref: 'B1', quantity: 3 })]);
    expect(product.state).toMatchObject({ unitPrice: null, active: false });
  });
});

describe('a defined product', () => {
  it('stays as it is when it is defined the same again', () => {
    const { product, when } = given(withPolicy('allow'));
    const before = product.state;

    expect(when(withPolicy('allow'))).toEqual([]);
    expect(product.state).toBe(before);
  });

  it('records what is defined anew', () => {
    expect(given(withPolicy('allow')).when(withPolicy('deny'))).toEqual([expect.any(ProductDefined)]);
  });
});

describe('a new batch', () => {
  it('is recorded', () => {
    expect(given().when(created('B1', 10, '2026-04-01'))).toEqual([
      new BatchCreated({ sku: SKU, ref: 'B1', quantity: 10, eta: '2026-04-01', createdAt: NOW }),
    ]);
  });

  it('is created once, however often it is sent', () => {
    const { product, when } = given(created('B1', 10));

    expect(when(created('B1', 10))).toEqual([]);
    expect(product.createBatch(batch('B1', 10), NOW)).toBe(false);
    expect(product.state.batches).toHaveLength(1);
  });

  it.each([
    ['quantity', batch('B1', 11)],
    ['eta', batch('B1', 10, '2026-04-01')],
  ])('is refused when its ref has another %s already', (_, other) => {
    const { product } = given(created('B1', 10));

    expect(() => product.createBatch(other, NOW)).toThrow(expect.objectContaining({ code: 'BATCH_EXISTS' }));
  });
});

describe('stock in several batches', () => {
  const stock = [
    created('soon', 10, '2026-04-01'),
    created('B2', 10),
    created('later', 30, '2026-05-01'),
    created('B1', 4),
  ];

  it.each([
    ['the warehouse first, by ref', 4, [{ ref: 'B1', quantity: 4 }]],
    ['a batch that takes the whole line, before a split', 7, [{ ref: 'B2', quantity: 7 }]],
    ['the only batch that takes the whole line', 25, [{ ref: 'later', quantity: 25, eta: '2026-05-01' }]],
    [
      'a split in order of preference if no batch takes it whole',
      40,
      [
        { ref: 'B1', quantity: 4 },
        { ref: 'B2', quantity: 10 },
        { ref: 'soon', quantity: 10, eta: '2026-04-01' },
        { ref: 'later', quantity: 16, eta: '2026-05-01' },
      ],
    ],
  ])('goes to a line from %s', (_, quantity, batches) => {
    expect(given(...stock).when(allocating(1, quantity))).toEqual([allocated(1, ...batches)]);
  });

  it('comes from the earliest eta when the warehouse is empty', () => {
    const { when } = given(created('later', 10, '2026-05-01'), created('soon', 10, '2026-04-01'));

    expect(when(allocating(1, 5))).toEqual([allocated(1, { ref: 'soon', quantity: 5, eta: '2026-04-01' })]);
  });

  it('goes out to the last unit', () => {
    const { product, when } = given(...stock);

    expect(when(allocating(1, 54))).toEqual([expect.any(StockAllocated)]);
    expect(product.free).toBe(0);
  });
});

describe('an allocated line', () => {
  it('is allocated once, however often it is asked for', () => {
    const { when, batch } = given(created('B1', 10), created('B2', 10), allocating(1, 6));

    expect(when(allocating(1, 6))).toEqual([]);
    expect(batch('B1')).toMatchObject({ allocated: 6 });
    expect(batch('B2')).toMatchObject({ allocated: 0 });
  });

  it('can not be asked for with another quantity', () => {
    const { when } = given(created('B1', 10), allocating(1, 6));

    expect(() => when(allocating(1, 7))).toThrow(expect.objectContaining({ code: 'ALLOCATION_EXISTS' }));
  });

  it('gives everything back when it is deallocated', () => {
    const { when, line, batch } = given(created('B1', 10), allocating(1, 6));

    expect(when(deallocating(1))).toEqual([new StockDeallocated({ ...named(1), kept: 0, deallocatedAt: NOW })]);
    expect(line(1)).toMatchObject({ state: 'released', quantity: 0, shares: [] });
    expect(batch('B1')).toMatchObject({ allocated: 0 });
  });

  it('keeps its best shares when a part is deallocated', () => {
    const { when, line, batch } = given(created('B1', 4), created('soon', 4, '2026-04-01'), allocating(1, 8));

    expect(when(deallocating(1, 5))).toEqual([new StockDeallocated({ ...named(1), kept: 5, deallocatedAt: NOW })]);
    expect(line(1)).toMatchObject({ state: 'allocated', quantity: 5 });
    expect(batch('B1')).toMatchObject({ allocated: 4 });
    expect(batch('soon')).toMatchObject({ allocated: 1 });
  });

  it('is not raised again by a deallocation that keeps more', () => {
    const { when, line } = given(created('B1', 10), allocating(1, 6), deallocating(1, 2));

    expect(when(deallocating(1, 4))).toEqual([]);
    expect(line(1)).toMatchObject({ quantity: 2 });
  });

  it('stays released when it is asked for again', () => {
    const { when } = given(created('B1', 10), allocating(1, 6), deallocating(1));

    expect(when(allocating(1, 6))).toEqual([]);
  });

  it('of an order of ours is not released by a team', () => {
    const { product } = given(created('B1', 10), allocating(1, 6));

    expect(() => product.deallocate(key(1), 0, 'team', NOW)).toThrow(
      expect.objectContaining({ code: 'ALLOCATION_BELONGS_TO_ORDER' }),
    );
  });
});

describe('a line that is deallocated before it is allocated', () => {
  it('gets nothing when it comes', () => {
    const { when, line, batch } = given(created('B1', 10), deallocating(1));

    expect(when(allocating(1, 6))).toEqual([]);
    expect(line(1)).toMatchObject({ state: 'released' });
    expect(batch('B1')).toMatchObject({ allocated: 0 });
  });

  it('gets what was to be kept when it comes', () => {
    const { when } = given(created('B1', 10), deallocating(1, 4), deallocating(1, 2));

    expect(when(allocating(1, 6))).toEqual([allocated(1, { ref: 'B1', quantity: 2 })]);
  });
});

describe('too little stock', () => {
  it('is an event where the product takes no back-orders', () => {
    const { when, batch } = given(withPolicy('deny'), created('B1', 5));

    expect(when(allocating(1, 6))).toEqual([
      new OutOfStock({ ...named(1), requested: 6, available: 5, detectedAt: NOW }),
    ]);
    expect(batch('B1')).toMatchObject({ allocated: 0 });
  });

  it('stays what it was for that line when stock comes', () => {
    const { when } = given(withPolicy('deny'), allocating(1, 6), created('B1', 10));

    expect(when(allocating(1, 6))).toEqual([]);
    expect(when(deallocating(1))).toEqual([]);
  });

  it('makes the line wait where the product takes back-orders', () => {
    expect(given(withPolicy('allow'), created('B1', 5)).when(allocating(1, 6))).toEqual([
      new LineBackordered({ ...named(1), quantity: 6, cause: 'placing', backorderedAt: NOW }),
    ]);
  });
});

describe('waiting lines', () => {
  const waiting = [withPolicy('allow'), allocating(1, 5), allocating(2, 3)];

  it('are served first come first served', () => {
    expect(given(...waiting, created('B1', 5)).when(serving)).toEqual([allocated(1, { ref: 'B1', quantity: 5 })]);
  });

  it('are all served when there is enough', () => {
    expect(given(...waiting, created('B1', 8)).when(serving)).toEqual([
      allocated(1, { ref: 'B1', quantity: 5 }),
      allocated(2, { ref: 'B1', quantity: 3 }),
    ]);
  });

  it('let those behind them pass that fit when they do not', () => {
    expect(given(...waiting, created('B1', 3)).when(serving)).toEqual([allocated(2, { ref: 'B1', quantity: 3 })]);
  });

  it('are served from what another line gives back', () => {
    const { when } = given(withPolicy('allow'), created('B1', 5), allocating(3, 5), allocating(4, 5), deallocating(3));

    expect(when(serving)).toEqual([allocated(4, { ref: 'B1', quantity: 5 })]);
  });

  it('wait no longer when they are deallocated', () => {
    const { when, line } = given(...waiting, deallocating(1), created('B1', 3));

    expect(when(serving)).toEqual([allocated(2, { ref: 'B1', quantity: 3 })]);
    expect(line(1)).toMatchObject({ state: 'released' });
  });

  it('are served when a smaller quantity of them fits', () => {
    const { when } = given(withPolicy('allow'), created('B1', 4), allocating(1, 6));

    expect(when(deallocating(1, 4))).toEqual([
      new StockDeallocated({ ...named(1), kept: 4, deallocatedAt: NOW }),
      allocated(1, { ref: 'B1', quantity: 4 }),
    ]);
  });
});

describe('a sku that had run out', () => {
  const backInStock = (available: number) => new BackInStock({ sku: SKU, available, detectedAt: NOW });

  it('is back in stock once what waits is served and something is left', () => {
    const { when } = given(withPolicy('allow'), created('B1', 5), allocating(1, 5), allocating(2, 3), created('B2', 7));

    expect(when(serving)).toEqual([allocated(2, { ref: 'B2', quantity: 3 }), backInStock(4)]);
    expect(when(serving)).toHaveLength(2);
  });

  it('is back in stock when its last unit is given back', () => {
    expect(given(created('B1', 1), allocating(1, 1), deallocating(1)).when(serving)).toEqual([backInStock(1)]);
  });

  it('is back in stock after it was refused while there was none', () => {
    expect(given(allocating(1, 1), created('B1', 2)).when(serving)).toEqual([backInStock(2)]);
  });

  it('is not back in stock when the queue takes everything', () => {
    const { when } = given(withPolicy('allow'), allocating(1, 5), created('B1', 5));

    expect(when(serving)).toEqual([allocated(1, { ref: 'B1', quantity: 5 })]);
  });

  it.each([
    ['nobody asked for before its first batch', given(created('B1', 5))],
    ['had something left', given(created('B1', 5), allocating(1, 4), created('B2', 5))],
    ['had too little, but something', given(created('B1', 5), allocating(1, 6), created('B2', 5))],
  ])('is not one that %s', (_, { when }) => {
    expect(when(serving)).toEqual([]);
  });
});

describe('shipping', () => {
  const notReady = expect.objectContaining({ code: 'STOCK_NOT_READY', kind: 'conflict' });

  it('takes the stock out of the house', () => {
    const { when, line, batch } = given(created('B1', 4), created('B2', 4), allocating(1, 6));

    expect(when(shipping(1, 6))).toEqual([]);
    expect(line(1)).toMatchObject({ state: 'shipped' });
    expect(batch('B1')).toEqual({ ref: 'B1', quantity: 4, eta: null, allocated: 4, shipped: 4 });
    expect(batch('B2')).toEqual({ ref: 'B2', quantity: 4, eta: null, allocated: 2, shipped: 2 });
  });

  it('takes several lines from one batch', () => {
    const { product, batch } = given(created('B1', 10), allocating(1, 6), allocating(2, 3));

    product.ship([wanted(1, 6), wanted(2, 3)]);

    expect(batch('B1')).toMatchObject({ allocated: 9, shipped: 9 });
  });

  it('takes nothing a second time', () => {
    const { when, batch } = given(created('B1', 10), allocating(1, 6), shipping(1, 6));

    when(shipping(1, 6));

    expect(batch('B1')).toMatchObject({ shipped: 6 });
  });

  it.each([
    ['nobody allocated', given(created('B1', 10))],
    ['waits for stock', given(withPolicy('allow'), allocating(1, 6))],
    ['sits on a batch that has not arrived', given(created('soon', 10, '2026-04-01'), allocating(1, 6))],
    [
      'sits partly on a batch that has not arrived',
      given(created('B1', 3), created('soon', 3, '2026-04-01'), allocating(1, 6)),
    ],
    ['has less than is to be shipped', given(created('B1', 10), allocating(1, 6), deallocating(1, 5))],
  ])('refuses a line that %s', (_, { when }) => {
    expect(() => when(shipping(1, 6))).toThrow(notReady);
  });

  it('takes nothing when one of the lines is not ready', () => {
    const { product, batch } = given(created('B1', 6), allocating(1, 6));

    expect(() => product.ship([wanted(1, 6), wanted(2, 1)])).toThrow(notReady);
    expect(batch('B1')).toMatchObject({ shipped: 0 });
  });

  it('can not be undone by a deallocation', () => {
    const { when } = given(created('B1', 6), allocating(1, 6), shipping(1, 6));

    expect(() => when(deallocating(1))).toThrow(expect.objectContaining({ code: 'ALLOCATION_SHIPPED' }));
  });
});
