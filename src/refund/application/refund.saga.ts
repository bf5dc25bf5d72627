import { Injectable } from '@nestjs/common';
import { type ICommand, type IEvent, ofType, Saga } from '@nestjs/cqrs';
import { filter, map, type Observable } from 'rxjs';
import { OrderCanceled, OrderLinesCanceled, OrderPlaced } from '../../order/index.js';
import { PaymentCaptured, PaymentDisputeClosed, RefundRequested } from '../contract/events.js';
import { CancelIntent } from './cancel-intent.js';
import { ExecuteRefund } from './execute-refund.js';
import { RecordOwed } from './record-owed.js';
import { RefundPayment } from './refund-payment.js';

@Injectable()
export class RefundSaga {
  @Saga()
  recordOwed = (events$: Observable<IEvent>): Observable<ICommand> =>
    events$.pipe(
      ofType(OrderPlaced),
      map(({ orderId, total }) => new RecordOwed(orderId, total)),
    );

  @Saga()
  refundWhenOrderCanceled = (events$: Observable<IEvent>): Observable<ICommand> =>
    events$.pipe(
      ofType(OrderCanceled),
      map(({ orderId, cancellationId }) => new RefundPayment(orderId, cancellationId, 'canceled')),
    );

  @Saga()
  refundWhenLinesCanceled = (events$: Observable<IEvent>): Observable<ICommand> =>
    events$.pipe(
      ofType(OrderLinesCanceled),
      map((event) => new RefundPayment(event.orderId, event.cancellationId, 'lines_canceled', event.amount)),
    );

  @Saga()
  cancelIntentWhenOrderCanceled = (events$: Observable<IEvent>): Observable<ICommand> =>
    events$.pipe(
      ofType(OrderCanceled),
      map(({ orderId }) => new CancelIntent(orderId)),
    );

  /** A late, double or too large payment: what isn't owed goes back. */
  @Saga()
  refundWhenOverpaid = (events$: Observable<IEvent>): Observable<ICommand> =>
    events$.pipe(
      ofType(PaymentCaptured),
      map(({ orderId }) => new RefundPayment(orderId, undefined, 'overpaid')),
    );

  /** Money that a bank gives back counts again. */
  @Saga()
  refundWhenDisputeWon = (events$: Observable<IEvent>): Observable<ICommand> =>
    events$.pipe(
      ofType(PaymentDisputeClosed),
      filter(({ outcome }) => outcome === 'won'),
      map(({ orderId }) => new RefundPayment(orderId, undefined, 'overpaid')),
    );

  @Saga()
  executeRefund = (events$: Observable<IEvent>): Observable<ICommand> =>
    events$.pipe(
      ofType(RefundRequested),
      map(({ refundId, generation }) => new ExecuteRefund(refundId, generation)),
    );
}
