import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Owed } from '../../../src/refund/domain/owed.js';
import { CANCELLATION, ORDER, PAYMENT, REFUND } from './given-payment.js';

type Step = (owed: Owed) => Owed;

const placed: Step = (owed) => owed.place(100);
const canceled: Step = (owed) => owed.cancel(CANCELLATION);
const lines =
  (amount: number, id = REFUND): Step =>
  (owed) =>
    owed.cancelLines(id, amount);
const givenBack: Step = (owed) => owed.lower(10);
const kept: Step = (owed) => owed.raise(10);

const after = (...steps: readonly Step[]) => steps.reduce((owed, step) => step(owed), Owed.unknown(ORDER));

describe('what is owed for an order', () => {
  it('is unknown until something is heard of it', () => {
    expect(after().amount).toBeUndefined();
    expect(after(lines(40)).amount).toBeUndefined();
    expect(after(givenBack).amount).toBeUndefined();
  });

  it('is its total once it is placed, however often that is told', () => {
    expect(after(placed, placed).amount).toBe(100);
  });

  it('is less by the lines that are canceled, each cancellation once', () => {
    expect(after(placed, lines(40), lines(40), lines(5, PAYMENT)).amount).toBe(55);
  });

  it('is less by what a person gives back, and as before when that is dropped', () => {
    expect(after(placed, givenBack).amount).toBe(90);
    expect(after(placed, givenBack, kept).amount).toBe(100);
  });

  it('is nothing once it is canceled, and never less', () => {
    expect(after(placed, lines(40), canceled).amount).toBe(0);
    expect(after(placed, canceled, givenBack).amount).toBe(0);
    expect(after(canceled).amount).toBe(0);
  });

  it('is what a person keeps of a canceled order', () => {
    expect(after(placed, canceled, kept).amount).toBe(10);
  });

  it('names the first of several cancellations', () => {
    expect(after(placed, canceled, (owed) => owed.cancel(REFUND)).state.cancellationId).toBe(CANCELLATION);
  });

  it('does not depend on the order in which it is heard of', () => {
    const steps = [placed, placed, lines(40), lines(40), lines(5, PAYMENT)];
    const shuffled = fc.shuffledSubarray(steps, { minLength: steps.length });
    fc.assert(fc.property(shuffled, (all) => expect(after(...all).amount).toBe(55)));
    const toTheEnd = fc.shuffledSubarray([...steps, canceled], { minLength: steps.length + 1 });
    fc.assert(fc.property(toTheEnd, (all) => expect(after(...all).amount).toBe(0)));
  });
});
