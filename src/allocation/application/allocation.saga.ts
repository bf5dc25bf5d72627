import { Injectable } from '@nestjs/common';
import { ofType, Saga, type ICommand, type IEvent } from '@nestjs/cqrs';
import { map, mergeMap, type Observable } from 'rxjs';
import { OrderCanceled, OrderLinesCanceled, OrderPaid, OrderPlaced } from '../../order/index.js';
import { Allocate } from './allocate.js';
import { Deallocate } from './deallocate.js';
import { MarkAllocationPaid } from './mark-allocation-paid.js';

/** An order's lines claim their stock, and let go of it. The two have no order between them, and need none. */
@Injectable()
export class AllocationSaga {
  @Saga()
  allocateWhenPlaced = (events$: Observable<IEvent>): Observable<ICommand> =>
    events$.pipe(
      ofType(OrderPlaced),
      mergeMap(({ orderId, customerId, lines }) =>
        lines.map(({ lineId, sku, quantity }) => new Allocate({ orderId, lineId, sku, quantity, customerId }, 'order')),
      ),
    );

  @Saga()
  markPaid = (events$: Observable<IEvent>): Observable<ICommand> =>
    events$.pipe(
      ofType(OrderPaid),
      map(({ orderId }) => new MarkAllocationPaid(orderId)),
    );

  @Saga()
  deallocateWhenCanceled = (events$: Observable<IEvent>): Observable<ICommand> =>
    events$.pipe(
      ofType(OrderCanceled),
      mergeMap(({ orderId, lines }) =>
        lines.map(({ lineId, sku }) => new Deallocate({ orderId, lineId, sku }, 0, 'order')),
      ),
    );

  @Saga()
  deallocateWhenLinesCanceled = (events$: Observable<IEvent>): Observable<ICommand> =>
    events$.pipe(
      ofType(OrderLinesCanceled),
      mergeMap(({ orderId, lines }) =>
        lines.map(({ lineId, sku, keep }) => new Deallocate({ orderId, lineId, sku }, keep, 'order')),
      ),
    );
}
