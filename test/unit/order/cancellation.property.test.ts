import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { DomainError } from '../../../src/kernel/domain-error.js';
import { OrderCanceled, OrderLinesCanceled } from '../../../src/order/contract/events.js';
import { openTotalOf } from '../../../src/order/domain/open-lines.js';
import { Order } from '../../../src/order/domain/order.js';
import { eur, LATER, NOW, ORDER, request } from './given-order.js';

const RUNS = { numRuns: 1_000 };
const lineIdOf = (i: number) => `0195a000-0000-7000-8000-${String(i).padStart(12, '0')}`;

const placings = fc
  .record({
    lines: fc.array(fc.record({ quantity: fc.integer({ min: 1, max: 12 }), price: fc.nat(99_999) }), {
      minLength: 1,
      maxLength: 6,
    }),
    discountBps: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 10_000 })),
  })
  .map(({ lines, discountBps }) => () => {
    const prices = new Map(lines.map(({ price }, i) => [`SKU-${i}`, eur(price)]));
    const asked = lines.map(({ quantity }, i) => ({ lineId: lineIdOf(i), sku: `SKU-${i}`, quantity }));
    const order = Order.place({ ...request, id: ORDER, lines: asked, discountBps }, prices, NOW);
    order.uncommit();
    return order;
  });

/** Some name lines that are not there, lines twice, and more than is open. */
const requests = fc.array(
  fc.array(fc.record({ line: fc.nat(6), quantity: fc.integer({ min: 1, max: 12 }) }), { minLength: 1, maxLength: 3 }),
  { maxLength: 8 },
);
/** Where each request comes to stand when they are shuffled. */
const keys = fc.array(fc.nat(), { minLength: 8, maxLength: 8 });

type Request = readonly { line: number; quantity: number }[];

const by = { id: ORDER, reason: 'customer', note: null, canceledBy: 'customer:anna' } as const;

/** Answers whether it was done. */
function cancel(order: Order, wanted: Request): boolean {
  const before = order.state;
  try {
    order.cancelLines(
      by,
      wanted.map(({ line, quantity }) => ({ lineId: lineIdOf(line), quantity })),
      LATER,
    );
    return true;
  } catch (error) {
    if (!(error instanceof DomainError) || order.state !== before) throw error;
    return false;
  }
}

const amountsOf = (order: Order) =>
  order.state.cancellations.flatMap(({ lines }) => lines.map(({ amount }) => amount.amount));
const sumOf = (amounts: readonly number[]) => amounts.reduce((sum, amount) => sum + amount, 0);

describe('an order that is canceled in parts', () => {
  it('is at every moment worth what was placed, less what was canceled; no amount is negative', () => {
    fc.assert(
      fc.property(placings, requests, (place, wanted) => {
        const order = place();
        for (const each of wanted) {
          cancel(order, each);
          const [amounts, open] = [amountsOf(order), openTotalOf(order.state).amount];
          const sums = { worth: sumOf(amounts) + open, negative: Math.min(0, open, ...amounts) };
          expect(sums).toEqual({ worth: order.state.total.amount, negative: 0 });
        }
      }),
      RUNS,
    );
  });

  it('ends the same in whatever order it was asked for', () => {
    fc.assert(
      fc.property(placings, requests, keys, (place, wanted, places) => {
        const order = place();
        const done = wanted.filter((each) => cancel(order, each));
        const other = place();
        const shuffled = done
          .map((each, i) => ({ each, at: places[i]! }))
          .sort((a, b) => a.at - b.at)
          .map(({ each }) => each);
        expect(shuffled.map((each) => cancel(other, each))).toEqual(done.map(() => true));
        expect(other.state.lines).toEqual(order.state.lines);
        expect(openTotalOf(other.state)).toEqual(openTotalOf(order.state));
        expect(sumOf(amountsOf(other))).toBe(sumOf(amountsOf(order)));
      }),
      RUNS,
    );
  });

  it('is told canceled once, with the last unit, and never after', () => {
    fc.assert(
      fc.property(placings, requests, (place, wanted) => {
        const order = place();
        const done = wanted.filter((each) => cancel(order, each)).length;
        const events = order.getUncommittedEvents();
        const parts = events.filter((event) => event instanceof OrderLinesCanceled);
        const ends = events.filter((event) => event instanceof OrderCanceled);
        expect(parts.length + ends.length).toBe(done);
        expect(ends.length).toBe(order.openLines.length === 0 ? 1 : 0);
        expect(ends).toEqual(events.slice(events.length - ends.length));
      }),
      RUNS,
    );
  });
});
