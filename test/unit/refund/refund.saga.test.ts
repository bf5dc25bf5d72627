import { describe, expect, it } from '@jest/globals';
import type { ICommand, IEvent } from '@nestjs/cqrs';
import { lastValueFrom, type Observable, of, toArray } from 'rxjs';
import { OrderCanceled, OrderLinesCanceled, OrderPlaced } from '../../../src/order/index.js';
import { CancelIntent } from '../../../src/refund/application/cancel-intent.js';
import { ExecuteRefund } from '../../../src/refund/application/execute-refund.js';
import { RecordOwed } from '../../../src/refund/application/record-owed.js';
import { RefundPayment } from '../../../src/refund/application/refund-payment.js';
import { RefundSaga } from '../../../src/refund/application/refund.saga.js';
import { PaymentCaptured, PaymentDisputeClosed, RefundCanceled, RefundRequested } from '../../../src/refund/index.js';
import { CANCELLATION, eur, NOW, ORDER, PAYMENT, REFUND, TOTAL } from './given-payment.js';

const order = { orderId: ORDER, customerId: 'anna', lines: [] };
const orderPlaced = new OrderPlaced({ ...order, total: TOTAL, paymentDueAt: NOW, placedAt: NOW });
const orderCanceled = new OrderCanceled({
  ...order,
  cancellationId: CANCELLATION,
  reason: 'customer',
  canceledAt: NOW,
});
const money = { paymentId: PAYMENT, orderId: ORDER, amount: TOTAL };
const paymentCaptured = new PaymentCaptured({ ...money, gateway: 'sandbox', capturedAt: NOW });
const refundRequested = new RefundRequested({
  ...money,
  refundId: REFUND,
  reason: 'canceled',
  generation: 3,
  requestedAt: NOW,
});
const refundCanceled = new RefundCanceled({ ...money, refundId: REFUND, canceledAt: NOW });
const linesCanceled = new OrderLinesCanceled({
  ...order,
  cancellationId: CANCELLATION,
  reason: 'staff',
  amount: eur(40),
  canceledAt: NOW,
});
const closed = (outcome: 'won' | 'lost') => new PaymentDisputeClosed({ ...money, outcome, closedAt: NOW });
const disputes = [closed('lost'), closed('won')];
const history = [
  orderPlaced,
  paymentCaptured,
  linesCanceled,
  ...disputes,
  orderCanceled,
  refundRequested,
  refundCanceled,
];

const saga = new RefundSaga();

function commandsOf(property: (events$: Observable<IEvent>) => Observable<ICommand>): Promise<ICommand[]> {
  return lastValueFrom(property(of(...history)).pipe(toArray()));
}

describe('an order from placing to refund', () => {
  it('owes its total once it is placed', async () => {
    expect(await commandsOf(saga.recordOwed)).toEqual([new RecordOwed(ORDER, TOTAL)]);
  });

  it('gives its payments back once it is canceled', async () => {
    expect(await commandsOf(saga.refundWhenOrderCanceled)).toEqual([
      new RefundPayment(ORDER, CANCELLATION, 'canceled'),
    ]);
  });

  it('is looked at after each capture: it may be late, double or too much', async () => {
    expect(await commandsOf(saga.refundWhenOverpaid)).toEqual([new RefundPayment(ORDER, undefined, 'overpaid')]);
  });

  it('gives back what canceled lines were worth', async () => {
    expect(await commandsOf(saga.refundWhenLinesCanceled)).toEqual([
      new RefundPayment(ORDER, CANCELLATION, 'lines_canceled', eur(40)),
    ]);
  });

  it('can not be paid any more once it is canceled', async () => {
    expect(await commandsOf(saga.cancelIntentWhenOrderCanceled)).toEqual([new CancelIntent(ORDER)]);
  });

  it('is looked at again when a dispute is won, and only then', async () => {
    expect(await commandsOf(saga.refundWhenDisputeWon)).toEqual([new RefundPayment(ORDER, undefined, 'overpaid')]);
  });

  it('asks the gateway for each generation of a refund', async () => {
    expect(await commandsOf(saga.executeRefund)).toEqual([new ExecuteRefund(REFUND, 3)]);
  });
});
