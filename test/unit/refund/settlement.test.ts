import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type CapturedPayment, refundsDue } from '../../../src/refund/domain/settlement.js';

const payment = (paymentId: string, captured: number, refundTotal = 0, disputed = 0): CapturedPayment => ({
  paymentId,
  captured,
  refundTotal,
  disputed,
});

describe('what goes back for an order', () => {
  it('is nothing while it is paid exactly', () => {
    expect(refundsDue(100, [payment('a', 100)])).toEqual([]);
  });

  it('is nothing while it is paid in part', () => {
    expect(refundsDue(100, [payment('a', 60)])).toEqual([]);
  });

  it('is all of it once nothing is owed', () => {
    expect(refundsDue(0, [payment('b', 40), payment('a', 60)])).toEqual([
      { paymentId: 'b', amount: 40 },
      { paymentId: 'a', amount: 60 },
    ]);
  });

  it('is the second one of a double payment: the newest comes first', () => {
    expect(refundsDue(100, [payment('second', 100), payment('first', 100)])).toEqual([
      { paymentId: 'second', amount: 100 },
    ]);
  });

  it('spreads over the payments when the newest holds too little', () => {
    expect(refundsDue(50, [payment('b', 30), payment('a', 100)])).toEqual([
      { paymentId: 'b', amount: 30 },
      { paymentId: 'a', amount: 50 },
    ]);
  });

  it('is not requested twice', () => {
    expect(refundsDue(0, [payment('a', 100, 100)])).toEqual([]);
  });

  it('is nothing of what the bank has taken back', () => {
    expect(refundsDue(0, [payment('a', 100, 0, 100)])).toEqual([]);
    expect(refundsDue(0, [payment('a', 100, 0, 40)])).toEqual([{ paymentId: 'a', amount: 60 }]);
  });

  it('is less by what the customer got twice: refunded, and by the bank', () => {
    expect(refundsDue(0, [payment('b', 150), payment('a', 100, 100, 100)])).toEqual([{ paymentId: 'b', amount: 50 }]);
  });
});

describe('for whatever was captured, refunded and owed', () => {
  const captured = fc
    .integer({ min: 1, max: 1_000_000 })
    .chain((amount) => fc.tuple(fc.constant(amount), fc.integer({ min: 0, max: amount })));
  const payments = fc
    .array(captured, { maxLength: 6 })
    .map((all) => all.map(([amount, refunded], index) => payment(`p${index}`, amount, refunded)));
  const owed = fc.integer({ min: 0, max: 3_000_000 });
  const held = (all: readonly CapturedPayment[]) =>
    all.reduce((sum, { captured, refundTotal }) => sum + captured - refundTotal, 0);

  it('exactly the excess goes back, and never less than nothing', () => {
    fc.assert(
      fc.property(owed, payments, (amount, all) => {
        const total = refundsDue(amount, all).reduce((sum, due) => sum + due.amount, 0);
        expect(total).toBe(Math.max(0, held(all) - amount));
      }),
    );
  });

  it('no payment gives back more than it holds, and each refund is of something', () => {
    fc.assert(
      fc.property(owed, payments, (amount, all) => {
        const remaining = new Map(
          all.map(({ paymentId, captured, refundTotal }) => [paymentId, captured - refundTotal]),
        );
        for (const due of refundsDue(amount, all)) {
          expect(due.amount).toBeGreaterThan(0);
          expect(due.amount).toBeLessThanOrEqual(remaining.get(due.paymentId) ?? 0);
        }
      }),
    );
  });

  it('deciding again after the refunds are requested finds nothing due', () => {
    fc.assert(
      fc.property(owed, payments, (amount, all) => {
        const due = new Map(refundsDue(amount, all).map((each) => [each.paymentId, each.amount]));
        const settled = all.map((each) => ({
          ...each,
          refundTotal: each.refundTotal + (due.get(each.paymentId) ?? 0),
        }));
        expect(refundsDue(amount, settled)).toEqual([]);
      }),
    );
  });
});
