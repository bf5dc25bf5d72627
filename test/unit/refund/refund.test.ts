import { describe, expect, it } from '@jest/globals';
import type { RefundOutcome } from '../../../src/refund/domain/payment-gateway.js';
import type { Refund } from '../../../src/refund/domain/refund.js';
import { mayBecome, type RefundStatus, transitions } from '../../../src/refund/domain/refund.state.js';
import {
  RefundAttentionRaised,
  RefundCanceled,
  RefundFailed,
  RefundPending,
  RefundRequested,
  RefundResolved,
  RefundSucceeded,
} from '../../../src/refund/index.js';
import {
  CANCELLATION,
  captured,
  givenPayment,
  givenRefund,
  grounds,
  LATER,
  ORDER,
  PAYMENT,
  REFUND,
  TOTAL,
} from './given-payment.js';

const refund = { refundId: REFUND, orderId: ORDER, paymentId: PAYMENT, amount: TOTAL };
const begun = (it: Refund) => it.begin(1, LATER);
const told = (outcome: RefundOutcome) => (it: Refund) => it.record(1, outcome, LATER);

const pending = told({ status: 'pending', gatewayRefundId: 're_1' });
const succeeded = told({ status: 'succeeded', gatewayRefundId: 're_1' });
const rejected = told({ status: 'failed', code: 'charge_disputed' });
const dueByHand = told({ status: 'due_by_hand' });
const notRefunded = told({ status: 'not_refunded' });
const givenUp = (it: Refund) => it.giveUp(1, 'outcome_unknown', LATER);

const ben = { by: 'operator:ben', note: 'the gateway is back' };
const retried = (it: Refund) => it.retry(ben, LATER);
const checked = (it: Refund) => it.check(ben, LATER);
const resolved = (it: Refund) => it.resolve('SEPA-1', ben, LATER);
const canceled = (it: Refund) => it.cancel(ben, LATER);

const after = (hours: number): Date => new Date(LATER.getTime() + hours * 3_600_000);
const requested = (generation: number) =>
  new RefundRequested({ ...refund, reason: 'canceled', cancellationId: CANCELLATION, generation, requestedAt: LATER });
const raised = (attention: string) => new RefundAttentionRaised({ ...refund, attention, raisedAt: LATER });
const code = (code: string) => expect.objectContaining({ code });

describe('a requested refund', () => {
  it('asks the gateway with a key of its own for each generation', () => {
    expect(givenRefund().aggregate.begin(1, LATER)).toEqual({
      refundId: REFUND,
      generation: 1,
      idempotencyKey: `${REFUND}.1`,
      gateway: 'sandbox',
      gatewayPaymentId: 'pi_1',
      amount: TOTAL,
    });
  });

  it('has nothing to ask for a generation that is not its own', () => {
    const { aggregate } = givenRefund();
    expect(aggregate.begin(2, LATER)).toBeUndefined();
    expect(aggregate.state.status).toBe('requested');
  });

  it('ignores outcomes before anything was asked', () => {
    expect(givenRefund().when(succeeded)).toEqual([]);
  });
});

describe('a refund in process', () => {
  it('asks again with the same key after an open outcome', () => {
    const { aggregate } = givenRefund(begun);
    expect(aggregate.begin(1, after(22))).toMatchObject({ idempotencyKey: `${REFUND}.1` });
  });

  it('succeeds', () => {
    const { aggregate, when } = givenRefund(begun);
    expect(when(succeeded)).toEqual([new RefundSucceeded({ ...refund, gatewayRefundId: 're_1', succeededAt: LATER })]);
    expect(aggregate.state).toMatchObject({ status: 'succeeded', gatewayRefundId: 're_1', changedAt: LATER });
  });

  it('may stay pending at the gateway', () => {
    expect(givenRefund(begun).when(pending)).toEqual([
      new RefundPending({ ...refund, gatewayRefundId: 're_1', pendingAt: LATER }),
    ]);
  });

  it('needs a person when the gateway refuses', () => {
    const { aggregate, when } = givenRefund(begun);
    expect(when(rejected)).toEqual([
      new RefundFailed({ ...refund, code: 'charge_disputed', failedAt: LATER }),
      new RefundAttentionRaised({ ...refund, attention: 'gateway_rejected', raisedAt: LATER }),
    ]);
    expect(aggregate.state).toMatchObject({ status: 'failed', failureCode: 'charge_disputed' });
  });

  it('of a manual payment needs a person once', () => {
    const { when } = givenRefund(begun);
    expect(when(dueByHand)).toEqual([
      new RefundAttentionRaised({ ...refund, attention: 'manual_refund_due', raisedAt: LATER }),
    ]);
    expect(givenRefund(begun, dueByHand).when(dueByHand)).toEqual([]);
  });

  it('ignores what is said of another generation', () => {
    const other = (it: Refund) => it.record(2, { status: 'succeeded', gatewayRefundId: 're_2' }, LATER);
    expect(givenRefund(begun).when(other)).toEqual([]);
  });
});

describe('a refund that has succeeded', () => {
  it('succeeds once', () => {
    expect(givenRefund(begun, succeeded).when(succeeded)).toEqual([]);
  });

  it('ignores that it was pending before', () => {
    expect(givenRefund(begun, succeeded).when(pending)).toEqual([]);
  });

  it('is not asked for again', () => {
    expect(givenRefund(begun, succeeded).aggregate.begin(1, LATER)).toBeUndefined();
  });

  it('bounces when the bank sends it back', () => {
    const { aggregate, when } = givenRefund(begun, succeeded);
    expect(when(rejected)).toEqual([expect.any(RefundFailed), expect.any(RefundAttentionRaised)]);
    expect(aggregate.state.attention).toBe('bounced');
  });
});

describe('a refund whose key is used up', () => {
  it('is looked up when the gateway may have forgotten the key', () => {
    expect(givenRefund(begun).aggregate.begin(1, after(24))).toBe('look_up');
  });

  it('is requested with a new key when nothing was refunded', () => {
    const { aggregate, when } = givenRefund(begun);
    expect(when(notRefunded)).toEqual([requested(2)]);
    expect(aggregate.begin(2, after(24))).toMatchObject({ idempotencyKey: `${REFUND}.2` });
  });

  it('is not requested again when something was', () => {
    expect(givenRefund(begun, succeeded).when(notRefunded)).toEqual([]);
    expect(givenRefund(begun, pending).when(notRefunded)).toEqual([]);
  });

  it('needs a person when one key after the other is used up', () => {
    const { aggregate } = givenRefund();
    for (const generation of [1, 2, 3, 4]) {
      aggregate.begin(generation, LATER);
      aggregate.record(generation, { status: 'not_refunded' }, LATER);
    }
    expect(aggregate.state).toMatchObject({ status: 'failed', generation: 4, attention: 'attempts_exhausted' });
  });
});

describe('a refund that was given up', () => {
  it('needs a person, once', () => {
    expect(givenRefund(begun).when(givenUp)).toEqual([raised('outcome_unknown')]);
    expect(givenRefund(begun, givenUp).when(givenUp)).toEqual([]);
  });

  it('needs nobody when it has come to its end meanwhile, or to another generation', () => {
    expect(givenRefund(begun, succeeded).when(givenUp)).toEqual([]);
    expect(givenRefund(begun, notRefunded).when(givenUp)).toEqual([]);
  });

  it('needs nobody any more when it turns out to have succeeded', () => {
    expect(givenRefund(begun, givenUp, succeeded).aggregate.state.attention).toBeNull();
  });

  it('is retried with the same key, because the gateway may have refunded', () => {
    const { aggregate, when } = givenRefund(begun, givenUp);
    expect(when(retried)).toEqual([requested(1)]);
    expect(aggregate.state).toMatchObject({ status: 'processing', attention: null });
    expect(aggregate.begin(1, LATER)).toMatchObject({ idempotencyKey: `${REFUND}.1` });
  });

  it('is looked up, and not asked for, when it is retried a day later', () => {
    const { aggregate } = givenRefund(begun, givenUp, retried);
    expect(aggregate.begin(1, after(24))).toBe('look_up');
  });

  it('can be resolved, and is not asked for any more', () => {
    const { aggregate, when } = givenRefund(begun, givenUp);
    expect(when(resolved)).toEqual([new RefundResolved({ ...refund, reference: 'SEPA-1', resolvedAt: LATER })]);
    expect(aggregate.state).toMatchObject({ status: 'resolved', attention: null });
    expect(aggregate.begin(1, LATER)).toBeUndefined();
  });

  it('can not be canceled: the gateway may have refunded', () => {
    expect(() => givenRefund(begun, givenUp).when(canceled)).toThrow(code('REFUND_IN_PROGRESS'));
  });
});

describe('a failed refund', () => {
  it('is retried with a new key, after a definite no', () => {
    const { aggregate, when } = givenRefund(begun, rejected);
    expect(when(retried)).toEqual([requested(2)]);
    expect(aggregate.state).toMatchObject({ status: 'requested', attention: null, failureCode: null });
    expect(aggregate.begin(1, LATER)).toBeUndefined();
  });

  it('can be resolved', () => {
    expect(givenRefund(begun, rejected).when(resolved)).toEqual([expect.any(RefundResolved)]);
  });

  it('can be canceled', () => {
    const { aggregate, when } = givenRefund(begun, rejected);
    expect(when(canceled)).toEqual([new RefundCanceled({ ...refund, canceledAt: LATER })]);
    expect(aggregate.state).toMatchObject({ status: 'canceled', attention: null });
  });
});

describe('a refund that is under way', () => {
  it.each([
    ['requested', []],
    ['processing', [begun]],
    ['pending', [begun, pending]],
  ])('is left alone by people when it is %s', (_, steps) => {
    for (const action of [retried, resolved]) {
      expect(() => givenRefund(...steps).when(action)).toThrow(code('REFUND_IN_PROGRESS'));
    }
  });

  it('can be canceled before the gateway was asked, and not after', () => {
    expect(givenRefund().when(canceled)).toEqual([expect.any(RefundCanceled)]);
    expect(() => givenRefund(begun).when(canceled)).toThrow(code('REFUND_IN_PROGRESS'));
  });

  it('can be checked once the gateway was asked', () => {
    expect(() => givenRefund().when(checked)).toThrow(code('REFUND_IN_PROGRESS'));
    expect(givenRefund(begun).when(checked)).toEqual([]);
  });

  it('needs a person when it is pending for two weeks', () => {
    const stillPending = (it: Refund) => it.record(1, { status: 'pending', gatewayRefundId: 're_1' }, after(15 * 24));
    const { aggregate, when } = givenRefund(begun, pending);
    expect(when(stillPending)).toEqual([expect.any(RefundAttentionRaised)]);
    expect(aggregate.state).toMatchObject({ status: 'pending', attention: 'stuck_pending' });
    expect(() => retried(aggregate)).toThrow(code('REFUND_IN_PROGRESS'));
    resolved(aggregate);
    expect(aggregate.state.status).toBe('resolved');
  });
});

describe('a refund that is over', () => {
  it.each([
    ['REFUND_ALREADY_SUCCEEDED', [begun, succeeded]],
    ['REFUND_ALREADY_RESOLVED', [begun, rejected, resolved]],
    ['REFUND_ALREADY_CANCELED', [canceled]],
  ])('says so to whoever wants to change it: %s', (told, steps) => {
    for (const action of [retried, resolved, canceled]) {
      expect(() => givenRefund(...steps).when(action)).toThrow(code(told));
    }
  });
});

describe('a refund that a dashboard’s refund takes the place of', () => {
  const replaced = (it: Refund) => it.replace('re_9', LATER);

  it('is canceled, with the name of the other one, and needs nobody any more', () => {
    const { aggregate, when } = givenRefund(begun, rejected);
    expect(when(replaced)).toEqual([new RefundCanceled({ ...refund, canceledAt: LATER })]);
    expect(aggregate.state).toMatchObject({
      status: 'canceled',
      attention: null,
      actions: [{ action: 'replace', by: 'system', reference: 're_9' }],
    });
  });

  it('is not asked for any more', () => {
    expect(givenRefund(replaced).aggregate.begin(1, LATER)).toBeUndefined();
  });

  it('keeps its place while the gateway may make it', () => {
    expect(() => givenRefund(begun).when(replaced)).toThrow(code('REFUND_IN_PROGRESS'));
  });
});

describe('a refund that differs from the gateway’s books', () => {
  it('needs a person when it was paid in another way, and at the gateway too; and is resolved again', () => {
    const { aggregate, when } = givenRefund(begun, givenUp, resolved);
    expect(when(succeeded)).toEqual([raised('differs_from_gateway')]);
    expect(aggregate.state).toMatchObject({ status: 'resolved', failureCode: 'refunded_twice' });
    resolved(aggregate);
    expect(aggregate.state.attention).toBeNull();
    aggregate.uncommit();
    expect(when(succeeded)).toEqual([]);
  });

  it('needs a person, once, when the gateway does not know of it', () => {
    const missing = (it: Refund) => it.differ('missing_at_gateway', LATER);
    const { aggregate, when } = givenRefund(begun, succeeded);
    expect(when(missing)).toEqual([raised('differs_from_gateway')]);
    resolved(aggregate);
    expect(aggregate.state).toMatchObject({ status: 'resolved', attention: null });
  });
});

describe('an operator’s refund', () => {
  it('keeps who asked for it, and why', () => {
    const { aggregate } = givenPayment(captured);
    const { state } = aggregate.refund(1, { ...grounds, reason: 'operator', actor: ben });
    expect(state.actions).toEqual([{ action: 'request', ...ben, at: grounds.requestedAt }]);
  });
});

describe('a refund that bounced three weeks later', () => {
  const weeksLater = after(3 * 7 * 24);
  const bounced = (it: Refund) => it.record(1, { status: 'failed', code: 'account_closed' }, weeksLater);

  it('has failed, needs a person, and is resolved by hand', () => {
    const { aggregate, when } = givenRefund(begun, succeeded);
    expect(when(bounced)).toEqual([
      new RefundFailed({ ...refund, code: 'account_closed', failedAt: weeksLater }),
      new RefundAttentionRaised({ ...refund, attention: 'bounced', raisedAt: weeksLater }),
    ]);
    resolved(aggregate);
    expect(aggregate.state).toMatchObject({ status: 'resolved', attention: null });
  });
});

describe('what people do about a refund', () => {
  it('is kept with who did it, when and why', () => {
    const { aggregate } = givenRefund(begun, rejected, checked, resolved);
    expect(aggregate.state.actions).toEqual([
      { action: 'check', ...ben, at: LATER },
      { action: 'resolve', ...ben, reference: 'SEPA-1', at: LATER },
    ]);
  });
});

describe('the table of transitions', () => {
  const steps: Readonly<Record<RefundStatus, readonly ((it: Refund) => unknown)[]>> = {
    requested: [],
    processing: [begun],
    pending: [begun, pending],
    succeeded: [begun, succeeded],
    failed: [begun, rejected],
    resolved: [begun, rejected, resolved],
    canceled: [canceled],
  };
  const moves = { processing: begun, pending, succeeded, failed: rejected };
  const states = Object.keys(transitions) as RefundStatus[];
  const pairs = states.flatMap((from) => Object.keys(moves).map((to) => [from, to as keyof typeof moves] as const));

  it.each(pairs)('decides whether %s may become %s', (from, to) => {
    const { aggregate } = givenRefund(...steps[from]);
    moves[to](aggregate);
    expect(aggregate.state.status).toBe(mayBecome(from, to) ? to : from);
  });
});
