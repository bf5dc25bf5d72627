import { describe, expect, it } from '@jest/globals';
import type { RefundOutcome } from '../../../src/refund/domain/payment-gateway.js';
import { type Refund, type RefundStatus, transitions } from '../../../src/refund/domain/refund.js';
import { RefundAttentionRaised, RefundFailed, RefundPending, RefundSucceeded } from '../../../src/refund/index.js';
import { givenRefund, LATER, ORDER, PAYMENT, REFUND, TOTAL } from './given-payment.js';

const refund = { refundId: REFUND, orderId: ORDER, paymentId: PAYMENT, amount: TOTAL };
const begun = (it: Refund) => it.begin(1, LATER);
const told = (outcome: RefundOutcome) => (it: Refund) => it.record(1, outcome, LATER);

const pending = told({ status: 'pending', gatewayRefundId: 're_1' });
const succeeded = told({ status: 'succeeded', gatewayRefundId: 're_1' });
const rejected = told({ status: 'failed', code: 'charge_disputed' });
const dueByHand = told({ status: 'due_by_hand' });

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
    expect(aggregate.begin(1, LATER)?.idempotencyKey).toBe(`${REFUND}.1`);
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

describe('the table of transitions', () => {
  const steps: Readonly<Record<RefundStatus, readonly ((it: Refund) => unknown)[]>> = {
    requested: [],
    processing: [begun],
    pending: [begun, pending],
    succeeded: [begun, succeeded],
    failed: [begun, rejected],
  };
  const moves = { processing: begun, pending, succeeded, failed: rejected };
  const pairs = Object.keys(steps).flatMap((from) => Object.keys(moves).map((to) => [from, to] as const));

  it.each(pairs)('decides whether %s may become %s', (from, to) => {
    const { aggregate } = givenRefund(...steps[from as RefundStatus]);
    moves[to as keyof typeof moves](aggregate);
    const allowed = transitions[from as RefundStatus].includes(to as RefundStatus);
    expect(aggregate.state.status).toBe(allowed ? to : from);
  });
});
