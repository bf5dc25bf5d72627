import { describe, expect, it } from '@jest/globals';
import { RefundExceedsCaptured } from '../../../src/refund/domain/errors.js';
import { Payment } from '../../../src/refund/domain/payment.js';
import {
  PaymentCanceled,
  PaymentCaptured,
  PaymentDisputeClosed,
  PaymentDisputed,
  PaymentFailed,
  PaymentUnmatched,
  RefundDiscovered,
  RefundRequested,
} from '../../../src/refund/index.js';
import {
  CANCELLATION,
  captured,
  eur,
  failed,
  givenPayment,
  grounds,
  LATER,
  NOW,
  ORDER,
  PAYMENT,
  REFUND,
  TOTAL,
} from './given-payment.js';

const payment = { paymentId: PAYMENT, orderId: ORDER };

describe('a started payment', () => {
  it('is captured with what really came in', () => {
    const { aggregate, when } = givenPayment();
    expect(when((it) => it.capture(eur(20_000), LATER))).toEqual([
      new PaymentCaptured({ ...payment, gateway: 'sandbox', amount: eur(20_000), capturedAt: LATER }),
    ]);
    expect(aggregate.state).toMatchObject({ status: 'captured', captured: 20_000, capturedAt: LATER });
  });

  it('may fail', () => {
    expect(givenPayment().when(failed)).toEqual([
      new PaymentFailed({ ...payment, code: 'card_declined', failedAt: NOW }),
    ]);
  });

  it('takes no money of another currency', () => {
    const pay = () => givenPayment().when((it) => it.capture({ amount: 1, currency: 'USD' }, NOW));
    expect(pay).toThrow(expect.objectContaining({ code: 'CURRENCY_MISMATCH' }));
  });

  it('keeps the name that the gateway gave it first', () => {
    const { aggregate } = givenPayment((it) => it.attachIntent('pi_2'));
    expect(aggregate.state.gatewayPaymentId).toBe('pi_1');
  });

  it('has nothing to refund', () => {
    expect(() => givenPayment().when((it) => it.refund(1, grounds))).toThrow(RefundExceedsCaptured);
  });
});

describe('a failed payment', () => {
  it('is captured after all when another card succeeds', () => {
    const { aggregate, when } = givenPayment(failed);
    expect(when(captured)).toEqual([expect.any(PaymentCaptured)]);
    expect(aggregate.state).toMatchObject({ status: 'captured', failureCode: null });
  });

  it('fails once', () => {
    expect(givenPayment(failed).when(failed)).toEqual([]);
  });
});

describe('a captured payment', () => {
  it('is captured once, however often it is reported', () => {
    const { aggregate, when } = givenPayment(captured);
    const before = aggregate.state;
    expect(when(captured)).toEqual([]);
    expect(aggregate.state).toBe(before);
  });

  it('ignores a failure that is heard of late', () => {
    expect(givenPayment(captured).when(failed)).toEqual([]);
  });

  it('sets aside what is refunded', () => {
    const { aggregate } = givenPayment(captured);
    const refund = aggregate.refund(20_000, grounds);
    expect(aggregate.refundable).toEqual(eur(1_998));
    expect(refund.getUncommittedEvents()).toEqual([
      new RefundRequested({
        ...payment,
        refundId: REFUND,
        amount: eur(20_000),
        reason: 'canceled',
        cancellationId: CANCELLATION,
        generation: 1,
        requestedAt: NOW,
      }),
    ]);
  });

  it('counts again what a canceled refund gives back', () => {
    const { aggregate } = givenPayment(captured, (it) => it.refund(20_000, grounds));
    aggregate.release(20_000);
    expect(aggregate.refundable).toEqual(TOTAL);
  });

  it('never gives back more than it still holds', () => {
    const { when } = givenPayment(captured, (it) => it.refund(20_000, grounds));
    expect(() => when((it) => it.refund(1_999, grounds))).toThrow(
      expect.objectContaining({ code: 'REFUND_EXCEEDS_CAPTURED', extras: { maximumRefundable: eur(1_998) } }),
    );
  });
});

describe('a payment whose order is canceled', () => {
  const canceled = (it: Payment) => it.cancel(LATER);

  it('is canceled before anybody has paid it, also after a card was declined', () => {
    const expected = [new PaymentCanceled({ ...payment, canceledAt: LATER })];
    expect(givenPayment().when(canceled)).toEqual(expected);
    expect(givenPayment(failed).when(canceled)).toEqual(expected);
    expect(givenPayment(canceled).when(canceled)).toEqual([]);
  });

  it('stays captured when it was paid in the same moment', () => {
    expect(givenPayment(captured).when(canceled)).toEqual([]);
    expect(givenPayment(canceled).when(captured)).toEqual([expect.any(PaymentCaptured)]);
  });
});

describe('a disputed payment', () => {
  const dispute = { disputeId: 'dp_1', gatewayPaymentId: 'pi_1', amount: eur(20_000), reason: 'fraudulent' };
  const reported = (status: 'inquiry' | 'open' | 'won' | 'lost') => (it: Payment) =>
    it.recordDispute({ ...dispute, status }, LATER);
  const [open, won, lost] = [reported('open'), reported('won'), reported('lost')];
  const closed = (outcome: 'won' | 'lost') =>
    new PaymentDisputeClosed({ ...payment, amount: eur(20_000), outcome, closedAt: LATER });

  it('needs a person, and holds only what the bank has left', () => {
    const { aggregate, when } = givenPayment(captured);
    expect(when(open)).toEqual([
      new PaymentDisputed({ ...payment, amount: eur(20_000), reason: 'fraudulent', disputedAt: LATER }),
    ]);
    expect(aggregate.state.attention).toBe('disputed');
    expect(aggregate.refundable).toEqual(eur(1_998));
    expect(() => aggregate.refund(1_999, grounds)).toThrow(RefundExceedsCaptured);
  });

  it('holds all of it again when it is won', () => {
    const { aggregate, when } = givenPayment(captured, open);
    expect(when(won)).toEqual([closed('won')]);
    expect(aggregate.state.attention).toBeNull();
    expect(aggregate.refundable).toEqual(TOTAL);
  });

  it('has lost it when it is lost, until an appeal is won', () => {
    const { aggregate, when } = givenPayment(captured, open);
    expect(when(lost)).toEqual([closed('lost')]);
    expect(aggregate.state.attention).toBeNull();
    expect(aggregate.refundable).toEqual(eur(1_998));
    won(aggregate);
    expect(aggregate.refundable).toEqual(TOTAL);
  });

  it.each([
    ['open', [open], open],
    ['over', [open, won], open],
    ['over', [open, won], lost],
    ['lost', [open, lost], open],
    ['an inquiry that took nothing', [], reported('inquiry')],
    ['won before it was heard of', [], won],
  ])('is left alone by a report when it is %s', (_, steps, report) => {
    expect(givenPayment(captured, ...steps).when(report)).toEqual([]);
  });

  it('is told of as a whole when only its end is heard of', () => {
    expect(givenPayment(captured).when(lost)).toEqual([expect.any(PaymentDisputed), closed('lost')]);
  });

  it('stays with the person while another dispute is open', () => {
    const other = (it: Payment) => it.recordDispute({ ...dispute, disputeId: 'dp_2', status: 'open' }, LATER);
    expect(givenPayment(captured, open, other, won).aggregate.state.attention).toBe('disputed');
  });
});

describe('a payment that is refunded in the gateway’s dashboard', () => {
  const discovery = { refundId: REFUND, gatewayRefundId: 're_9', discoveredAt: LATER };

  it('counts that as a refund, which nobody asks the gateway for', () => {
    const { aggregate } = givenPayment(captured);
    const refund = aggregate.discover(20_000, discovery)!;
    expect(refund.getUncommittedEvents()).toEqual([
      new RefundDiscovered({
        ...payment,
        refundId: REFUND,
        amount: eur(20_000),
        gatewayRefundId: 're_9',
        discoveredAt: LATER,
      }),
    ]);
    expect(refund.state).toMatchObject({ reason: 'gateway', gatewayRefundId: 're_9' });
    expect(aggregate.refundable).toEqual(eur(1_998));
    expect(aggregate.state.attention).toBeNull();
  });

  it('needs a person where more went back than was captured', () => {
    const { aggregate } = givenPayment(captured, (it) => it.refund(20_000, grounds));
    aggregate.discover(2_000, discovery);
    expect(aggregate.state).toMatchObject({ refundTotal: 22_000, overRefunded: 2, attention: 'over_refunded' });
    expect(aggregate.refundable).toEqual(eur(0));
  });

  it('leaves the list once a person has looked, and not before', () => {
    const resolved = (it: Payment) => it.resolve({ by: 'operator:ben', note: 'a gift' }, LATER);
    const { aggregate } = givenPayment(captured, (it) => it.discover(22_000, discovery), resolved);
    expect(aggregate.state).toMatchObject({
      attention: null,
      actions: [{ action: 'resolve', by: 'operator:ben', note: 'a gift', at: LATER }],
    });
    expect(() => resolved(aggregate)).toThrow(expect.objectContaining({ code: 'PAYMENT_NEEDS_NOBODY' }));
  });
});

describe('a captured payment of which the gateway says another amount', () => {
  it('needs a person', () => {
    const { aggregate } = givenPayment(captured, (it) => it.capture(eur(1), LATER));
    expect(aggregate.state).toMatchObject({ captured: TOTAL.amount, attention: 'differs_from_gateway' });
  });
});

describe('a payment that matches no order', () => {
  const unmatched = () =>
    Payment.unmatched({
      id: PAYMENT,
      gateway: 'sandbox',
      gatewayPaymentId: 'pi_9',
      amount: TOTAL,
      capturedAt: NOW,
    });

  it('waits for a person', () => {
    expect(unmatched().state).toMatchObject({ status: 'captured', captured: 21_998, attention: 'unmatched_payment' });
    expect(unmatched().getUncommittedEvents()).toEqual([expect.any(PaymentUnmatched)]);
  });

  it('waits for nobody any more once all of it is refunded in the dashboard', () => {
    const it = unmatched();
    expect(it.discover(TOTAL.amount, { refundId: REFUND, gatewayRefundId: 're_9', discoveredAt: NOW })).toBeUndefined();
    expect(it.state).toMatchObject({ refundTotal: TOTAL.amount, attention: null });
  });

  it('is not refunded by itself', () => {
    expect(() => unmatched().refund(1, grounds)).toThrow(RefundExceedsCaptured);
  });
});
