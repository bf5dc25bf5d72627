import type { Money } from '../../../src/kernel/money.js';
import { Payment } from '../../../src/refund/domain/payment.js';
import type { Refund } from '../../../src/refund/domain/refund.js';
import type { RefundGrounds } from '../../../src/refund/domain/refund.state.js';

export const NOW = new Date('2026-03-01T12:00:00.000Z');
export const LATER = new Date('2026-03-01T12:05:00.000Z');

export const eur = (amount: number): Money => ({ amount, currency: 'EUR' });

export const ORDER = '0195a000-0000-7000-8000-000000000001';
export const CANCELLATION = '0195a000-0000-7000-8000-000000000002';
export const PAYMENT = '0195a000-0000-7000-8000-00000000000c';
export const REFUND = '0195a000-0000-7000-8000-00000000000d';
export const TOTAL = eur(21_998);

export const grounds: RefundGrounds = {
  refundId: REFUND,
  reason: 'canceled',
  cancellationId: CANCELLATION,
  requestedAt: NOW,
};

type Step<A> = (aggregate: A) => unknown;

export const captured: Step<Payment> = (payment) => payment.capture(TOTAL, NOW);
export const failed: Step<Payment> = (payment) => payment.fail('card_declined', NOW);

/** A started payment of the whole order after these steps; `when` answers the events of one more. */
export function givenPayment(...steps: readonly Step<Payment>[]) {
  const origin = { gateway: 'sandbox', gatewayPaymentId: 'pi_1', amount: TOTAL };
  return after(Payment.start({ id: PAYMENT, orderId: ORDER, ...origin, startedAt: NOW }), steps);
}

/** A requested refund of all that was captured after these steps; `when` answers the events of one more. */
export function givenRefund(...steps: readonly Step<Refund>[]) {
  return after(givenPayment(captured).aggregate.refund(TOTAL.amount, grounds), steps);
}

function after<A extends Payment | Refund>(aggregate: A, steps: readonly Step<A>[]) {
  for (const step of steps) step(aggregate);
  aggregate.uncommit();
  return {
    aggregate,
    when(step: Step<A>): object[] {
      step(aggregate);
      return aggregate.getUncommittedEvents();
    },
  };
}
