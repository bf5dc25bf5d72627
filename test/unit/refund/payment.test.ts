import { describe, expect, it } from '@jest/globals';
import { RefundExceedsCaptured } from '../../../src/refund/domain/errors.js';
import { Payment } from '../../../src/refund/domain/payment.js';
import { PaymentCaptured, PaymentFailed, PaymentUnmatched, RefundRequested } from '../../../src/refund/index.js';
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

  it('is not refunded by itself', () => {
    expect(() => unmatched().refund(1, grounds)).toThrow(RefundExceedsCaptured);
  });
});
