import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { byPreference, freeStock, type Batch } from '../../../src/allocation/domain/batch.js';
import type { Product } from '../../../src/allocation/domain/product.js';
import { allocating, created, deallocating, given, serving, shipping, waitingIn, withPolicy } from './given-product.js';

type Step = (product: Product) => void;

const lineNumber = fc.integer({ min: 1, max: 8 });
const eta = fc.constantFrom(null, '2026-04-01', '2026-05-01');

/** A line always asks for the same quantity; asking for another is refused. */
const quantityOf = (n: number) => 1 + ((n * 7) % 11);

const creation = fc
  .record({ ref: fc.integer({ min: 1, max: 5 }), units: fc.integer({ min: 1, max: 15 }), eta })
  .map(({ ref, units, eta }): Step => unlessRefused(created(`B${ref}`, units, eta)));
const allocation = lineNumber.map((n): Step => allocating(n, quantityOf(n)));
const deallocation = fc
  .record({ n: lineNumber, keep: fc.integer({ min: 0, max: 6 }) })
  .map(({ n, keep }): Step => unlessRefused(deallocating(n, keep)));
const shipment = lineNumber.map((n): Step => unlessRefused(shipping(n, quantityOf(n))));

const history = fc.array(fc.oneof(creation, allocation, deallocation, shipment), { maxLength: 40 });
const policy = fc.constantFrom('deny' as const, 'allow' as const).map(withPolicy);

/** A refused command leaves no trace, as its transaction is rolled back. */
function unlessRefused(step: Step): Step {
  return (product) => {
    const before = product.state;
    try {
      step(product);
    } catch {
      expect(product.state).toBe(before);
    }
    serving(product);
  };
}

const promisedFrom = ({ state }: Product, ref: string): number =>
  state.lines.flatMap((line) => line.shares).reduce((sum, share) => sum + (share.ref === ref ? share.quantity : 0), 0);

function whatWasFree(before: readonly Batch[]): (ref: string) => number {
  const free = new Map(before.map((batch) => [batch.ref, batch.quantity - batch.allocated]));
  return (ref) => free.get(ref) ?? 0;
}

describe('a product, whatever happens to it', () => {
  it('never promises more than there is, and promises exactly what its lines have', () => {
    fc.assert(
      fc.property(policy, history, (define, steps) => {
        const { product } = given(define, ...steps);

        for (const { ref, quantity, allocated, shipped } of product.state.batches) {
          expect(shipped).toBeGreaterThanOrEqual(0);
          expect(shipped).toBeLessThanOrEqual(allocated);
          expect(allocated).toBeLessThanOrEqual(quantity);
          expect(allocated).toBe(promisedFrom(product, ref));
        }
        for (const { shares, quantity, state } of product.state.lines) {
          const held = shares.reduce((sum, share) => sum + share.quantity, 0);
          expect(held).toBe(state === 'allocated' || state === 'shipped' ? quantity : 0);
        }
      }),
    );
  });

  it('lets no line wait for stock that is there', () => {
    fc.assert(
      fc.property(history, (steps) => {
        const { product } = given(withPolicy('allow'), ...steps);

        for (const line of waitingIn(product)) expect(line.quantity).toBeGreaterThan(product.free);
      }),
    );
  });

  it('allocates a line once', () => {
    fc.assert(
      fc.property(policy, history, lineNumber, (define, steps, n) => {
        const { product } = given(define, ...steps, allocating(n, quantityOf(n)));
        const before = product.state;

        allocating(n, quantityOf(n))(product);

        expect(product.state).toBe(before);
      }),
    );
  });

  it('takes the preferred batch that can serve the whole line, and splits only when none can', () => {
    fc.assert(
      fc.property(policy, history, (define, steps) => {
        const { product, line } = given(define, ...steps);
        const before = [...product.state.batches].sort(byPreference);
        const free = whatWasFree(before);
        allocating(9, 7)(product);

        const shares = line(9)!.shares;
        const whole = before.filter(({ ref }) => free(ref) >= 7);
        if (freeStock(before) < 7) expect(shares).toEqual([]);
        else if (whole[0]) expect(shares).toEqual([{ ref: whole[0].ref, quantity: 7 }]);
        else expectEmptiedInOrder(before, shares, free);
      }),
    );
  });
});

function expectEmptiedInOrder(
  preferred: readonly Batch[],
  shares: readonly { ref: string; quantity: number }[],
  free: (ref: string) => number,
): void {
  const used = preferred.filter(({ ref }) => free(ref) > 0).slice(0, shares.length);
  expect(shares.map((share) => share.ref)).toEqual(used.map((batch) => batch.ref));
  for (const share of shares.slice(0, -1)) expect(share.quantity).toBe(free(share.ref));
}
