import { Injectable } from '@nestjs/common';
import { type ICommand, type IEvent, ofType, Saga } from '@nestjs/cqrs';
import { filter, map, type Observable } from 'rxjs';
import { LineBackordered, OutOfStock, StockAllocated, StockDeallocated } from '../../allocation/index.js';
import { PaymentCaptured } from '../../refund/index.js';
import { ShippingInfoChanged } from '../contract/events.js';
import type { LineStatus } from '../domain/order.state.js';
import { CancelOutOfStock } from './cancel-out-of-stock.js';
import { MarkOrderPaid } from './mark-order-paid.js';
import { RecordLineStatus } from './record-line-status.js';
import { SynchronizeShippingInfo } from './synchronize-shipping-info.js';

type StockEvent = StockAllocated | StockDeallocated | LineBackordered | OutOfStock;

@Injectable()
export class OrderSaga {
  /** One saga for all four: two sagas have no order between them, and the last event of a line must win. */
  @Saga()
  recordLineStatus = (events$: Observable<IEvent>): Observable<ICommand> =>
    events$.pipe(
      ofType(StockAllocated, StockDeallocated, LineBackordered, OutOfStock),
      filter((event) => !(event instanceof StockDeallocated && event.kept > 0)),
      map((event) => new RecordLineStatus(event.orderId, event.lineId, statusAfter(event))),
    );

  @Saga()
  cancelWhenOutOfStock = (events$: Observable<IEvent>): Observable<ICommand> =>
    events$.pipe(
      ofType(OutOfStock),
      map((event) => new CancelOutOfStock(event.orderId, event.lineId)),
    );

  @Saga()
  markPaid = (events$: Observable<IEvent>): Observable<ICommand> =>
    events$.pipe(
      ofType(PaymentCaptured),
      map((event) => new MarkOrderPaid(event.orderId, event.paymentId, event.amount)),
    );

  @Saga()
  synchronizeShippingInfo = (events$: Observable<IEvent>): Observable<ICommand> =>
    events$.pipe(
      ofType(ShippingInfoChanged),
      map(({ orderId, changedAt }) => new SynchronizeShippingInfo(orderId, changedAt.toISOString())),
    );
}

function statusAfter(event: StockEvent): LineStatus {
  if (event instanceof StockAllocated) return 'allocated';
  if (event instanceof LineBackordered) return 'backordered';
  return event instanceof OutOfStock ? 'out_of_stock' : 'released';
}
