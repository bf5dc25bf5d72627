import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { shareOf, spread } from '../../../src/kernel/money.js';

const RUNS = { numRuns: 1_000 };
const eur = (amount: number) => ({ amount, currency: 'EUR' });
const amounts = fc.oneof(fc.nat(1_000), fc.maxSafeNat());
const sumOf = (parts: readonly number[]) => parts.reduce((sum, part) => sum + BigInt(part), 0n);

describe('a share of an amount', () => {
  const shares = fc.record({
    amount: amounts,
    whole: fc.integer({ min: 1, max: 9_999 }),
    some: fc.nat(),
    more: fc.nat(),
  });

  it('is never negative, grows with the units, and is all of it for all of them', () => {
    fc.assert(
      fc.property(shares, ({ amount, whole, some, more }) => {
        const [fewer, further] = [some % (whole + 1), more % (whole + 1)].sort((a, b) => a - b) as [number, number];
        const [small, large] = [fewer, further].map((part) => shareOf(eur(amount), part, whole).amount) as [
          number,
          number,
        ];
        expect(small).toBeGreaterThanOrEqual(0);
        expect(small).toBeLessThanOrEqual(large);
        expect(shareOf(eur(amount), whole, whole)).toEqual(eur(amount));
        expect(shareOf(eur(amount), 0, whole)).toEqual(eur(0));
      }),
      RUNS,
    );
  });

  it('is exact where a number would not be', () => {
    fc.assert(
      fc.property(shares, ({ amount, whole, some }) => {
        const part = some % (whole + 1);
        const exact = (BigInt(amount) * BigInt(part)) / BigInt(whole);
        expect(BigInt(shareOf(eur(amount), part, whole).amount)).toBe(exact);
      }),
      RUNS,
    );
    expect(shareOf(eur(Number.MAX_SAFE_INTEGER), 9_998, 9_999).amount).toBe(9_006_298_444_734_516);
  });
});

describe('an amount that is spread', () => {
  const weights = fc.array(fc.nat(10_000_000), { minLength: 1, maxLength: 100 });
  const spreads = weights.chain((each) =>
    fc.record({ weights: fc.constant(each), amount: fc.nat(each.reduce((sum, weight) => sum + weight, 0)) }),
  );

  it('adds up exactly, and takes from none more than it has', () => {
    fc.assert(
      fc.property(spreads, ({ weights: whole, amount }) => {
        const parts = spread(amount, whole);
        expect(sumOf(parts)).toBe(BigInt(amount));
        expect(parts.every((part, i) => part >= 0 && part <= whole[i]!)).toBe(true);
      }),
      RUNS,
    );
  });

  it('gives each what is in proportion, to less than one unit', () => {
    fc.assert(
      fc.property(spreads, ({ weights: whole, amount }) => {
        const total = Number(sumOf(whole));
        fc.pre(total > 0);
        for (const [i, part] of spread(amount, whole).entries()) {
          expect(Math.abs(part - (amount * whole[i]!) / total)).toBeLessThan(1);
        }
      }),
      RUNS,
    );
  });

  it('gives what is left over to the largest remainders, the first of equals first', () => {
    expect(spread(100, [1, 1, 1])).toEqual([34, 33, 33]);
    expect(spread(10, [6, 6, 8])).toEqual([3, 3, 4]);
    expect(spread(1, [1, 2, 1])).toEqual([0, 1, 0]);
    expect(spread(0, [0, 0])).toEqual([0, 0]);
  });
});
