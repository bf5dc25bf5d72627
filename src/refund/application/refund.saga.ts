import { Injectable } from '@nestjs/common';
import { type ICommand, type IEvent, ofType, Saga } from '@nestjs/cqrs';
import { map, type Observable } from 'rxjs';
import { OrderCanceled, OrderPlaced } from '../../order/index.js';
import { PaymentCaptured, RefundCanceled, RefundRequested } from '../contract/events.js';
import { ExecuteRefund } from './execute-refund.js';
import { RecordOwed } from './record-owed.js';
import { ReleaseRefund } from './release-refund.js';
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

  /** A late, double or too large payment: what isn't owed goes back. */
  @Saga()
  refundWhenOverpaid = (events$: Observable<IEvent>): Observable<ICommand> =>
    events$.pipe(
      ofType(PaymentCaptured),
      map(({ orderId }) => new RefundPayment(orderId, undefined, 'overpaid')),
    );

  @Saga()
  executeRefund = (events$: Observable<IEvent>): Observable<ICommand> =>
    events$.pipe(
      ofType(RefundRequested),
      map(({ refundId, generation }) => new ExecuteRefund(refundId, generation)),
    );

  @Saga()
  releaseWhenRefundCanceled = (events$: Observable<IEvent>): Observable<ICommand> =>
    events$.pipe(
      ofType(RefundCanceled),
      map(({ paymentId, amount }) => new ReleaseRefund(paymentId, amount)),
    );
}
