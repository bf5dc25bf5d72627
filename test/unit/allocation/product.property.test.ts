import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { byPreference, freeStock, promisedDate, unitsFrom, type Batch } from '../../../src/allocation/domain/batch.js';
import type { Line } from '../../../src/allocation/domain/line.js';
import type { Product } from '../../../src/allocation/domain/product.js';
import {
  BackInStock,
  LineBackordered,
  LineEtaChanged,
  OutOfStock,
  StockAllocated,
  StockDeallocated,
} from '../../../src/allocation/index.js';
import {
  allocating,
  changingEta,
  changingQuantity,
  created,
  deallocating,
  given,
  holdersIn,
  receiving,
  serving,
  shipping,
  waitingIn,
  withPolicy,
  type Step,
} from './given-product.js';

/** fast-check's own default is 100. */
fc.configureGlobal({ numRuns: 1_000 });

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
const numbers = fc.subarray([1, 2, 3, 4, 5, 6, 7, 8]);
const standing = fc.record({ paid: numbers, vip: numbers });
const resizing = fc
  .record({ ref: fc.integer({ min: 1, max: 5 }), units: fc.integer({ min: 0, max: 15 }), standing })
  .map(({ ref, units, standing }) => ofBatch(`B${ref}`, changingQuantity(`B${ref}`, units, standing)));
const rescheduling = fc
  .record({ ref: fc.integer({ min: 1, max: 5 }), eta: fc.constantFrom('2026-03-15', '2026-04-15', '2026-06-01') })
  .map(({ ref, eta }) => ofBatch(`B${ref}`, changingEta(`B${ref}`, eta)));
const receipt = fc.integer({ min: 1, max: 5 }).map((n) => ofBatch(`B${n}`, receiving(`B${n}`)));
const shipment = lineNumber.map((n): Step => unlessRefused(shipping(n, quantityOf(n))));

const command = fc.oneof(creation, allocation, deallocation, shipment, resizing, rescheduling, receipt);
const history = fc.array(command, { maxLength: 40 });
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

/** The repository answers for a batch that is not there. */
function ofBatch(ref: string, step: Step): Step {
  const refusable = unlessRefused(step);
  return (product) => {
    if (product.state.batches.some((batch) => batch.ref === ref)) refusable(product);
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

  it('takes lines from a smaller batch in their order, no more than it must, and leaves the others alone', () => {
    fc.assert(
      fc.property(policy, history, fc.record({ pick: fc.nat(), left: fc.nat() }), standing, (define, steps, ...at) => {
        const [{ pick, left }, ranks] = at;
        const { product } = given(define, created('B6', 12), allocating(1, quantityOf(1)), ...steps);
        const { batches, lines } = product.state;
        const held = batches.filter((batch) => batch.allocated > batch.shipped);
        fc.pre(held.length > 0);
        const { ref, allocated, shipped } = held[pick % held.length]!;
        const units = shipped + (left % (allocated - shipped));
        const losers = fewestOf(holdersIn(product, ref, ranks), ref, allocated - units);

        changingQuantity(ref, units, ranks)(product);

        const after = product.state.lines;
        const untouched = lines.filter((line) => !losers.includes(line));
        expect(untouched.filter((line) => !after.includes(line))).toEqual([]);
        const lost = losers.map(({ lineId }) => after.find((line) => line.lineId === lineId)!);
        for (const { state, quantity } of lost) {
          expect(state === 'allocated' || quantity > product.free).toBe(true);
        }
      }),
    );
  });

  it('decides the same whenever the same happens to it', () => {
    fc.assert(
      fc.property(policy, history, resizing, (define, steps, resize) => {
        const outcome = () => given(define, ...steps).when(resize);

        expect(outcome()).toEqual(outcome());
      }),
    );
  });

  it('tells of each line what became of it, its promised date included', () => {
    fc.assert(
      fc.property(policy, history, (define, steps) => {
        const { product, when } = given(define);
        const told = new Map<string, Told>();
        for (const step of steps) when(step);
        for (const event of product.getUncommittedEvents()) hear(told, event);

        for (const line of product.state.lines.filter(({ requested }) => requested !== null)) {
          const isHeld = line.state === 'allocated';
          const state = line.state === 'shipped' ? 'allocated' : line.state;
          expect(told.get(line.lineId)).toMatchObject({ state });
          if (isHeld)
            expect(told.get(line.lineId)).toMatchObject({ eta: promisedDate(product.state.batches, line.shares) });
        }
      }),
    );
  });

  it('is back in stock each time after it ran out, and only then', () => {
    fc.assert(
      fc.property(policy, history, (define, steps) => {
        const { product } = given(define);
        for (const step of steps) {
          const free = product.free;
          product.uncommit();
          step(product);
          serving(product);
          const news = product.getUncommittedEvents().filter((event) => event instanceof BackInStock);
          expect(news.length).toBeLessThanOrEqual(free === 0 && product.free > 0 ? 1 : 0);
          expect(product.state.ranOut && product.free > 0).toBe(false);
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

function fewestOf(holders: readonly Line[], ref: string, units: number): readonly Line[] {
  const [first, ...rest] = holders;
  return units <= 0 || !first ? [] : [first, ...fewestOf(rest, ref, units - unitsFrom(ref, first.shares))];
}

interface Told {
  readonly state: string;
  readonly eta?: string | null;
}

/** What a reader of the events takes a line to be. */
function hear(told: Map<string, Told>, event: object): void {
  if (event instanceof StockAllocated) {
    const eta =
      event.batches
        .map((share) => share.eta ?? '')
        .sort()
        .at(-1) || null;
    told.set(event.lineId, { state: 'allocated', eta });
  }
  if (event instanceof LineEtaChanged) told.set(event.lineId, { state: 'allocated', eta: event.eta ?? null });
  if (event instanceof StockDeallocated && event.kept === 0) told.set(event.lineId, { state: 'released' });
  if (event instanceof LineBackordered) told.set(event.lineId, { state: 'backordered' });
  if (event instanceof OutOfStock) told.set(event.lineId, { state: 'out_of_stock' });
}
