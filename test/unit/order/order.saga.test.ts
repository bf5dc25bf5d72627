import { describe, expect, it } from '@jest/globals';
import type { ICommand, IEvent } from '@nestjs/cqrs';
import { lastValueFrom, type Observable, of, toArray } from 'rxjs';
import { LineBackordered, OutOfStock, StockAllocated, StockDeallocated } from '../../../src/allocation/index.js';
import { OrderPaid, ShippingInfoChanged } from '../../../src/order/index.js';
import { CancelOutOfStock } from '../../../src/order/application/cancel-out-of-stock.js';
import { MarkOrderPaid } from '../../../src/order/application/mark-order-paid.js';
import { OrderSaga } from '../../../src/order/application/order.saga.js';
import { RecordLineStatus } from '../../../src/order/application/record-line-status.js';
import { PaymentCaptured } from '../../../src/refund/index.js';
import { SynchronizeShippingInfo } from '../../../src/order/application/synchronize-shipping-info.js';
import { CHAIR, NOW, ORDER, request, TOTAL } from './given-order.js';

const line = { sku: 'CHAIR', orderId: ORDER, lineId: CHAIR };
const stockAllocated = new StockAllocated({ ...line, batches: [{ ref: 'B1', quantity: 2 }], allocatedAt: NOW });
const lineBackordered = new LineBackordered({ ...line, quantity: 2, cause: 'placing', backorderedAt: NOW });
const outOfStock = new OutOfStock({ ...line, requested: 2, available: 1, detectedAt: NOW });
const stockDeallocated = (kept: number) => new StockDeallocated({ ...line, kept, deallocatedAt: NOW });
const payment = { paymentId: 'pay-1', orderId: ORDER, gateway: 'sandbox', amount: TOTAL };
const paymentCaptured = new PaymentCaptured({ ...payment, capturedAt: NOW });
const orderPaid = new OrderPaid({ orderId: ORDER, customerId: 'anna', total: TOTAL, paidAt: NOW });

const saga = new OrderSaga();

function commandsOf(
  property: (events$: Observable<IEvent>) => Observable<ICommand>,
  ...events: IEvent[]
): Promise<ICommand[]> {
  return lastValueFrom(property(of(...events)).pipe(toArray()));
}

describe('recordLineStatus', () => {
  it('follows what the stock says of a line, in its order', async () => {
    const events = [lineBackordered, stockAllocated, stockDeallocated(0), outOfStock];
    expect(await commandsOf(saga.recordLineStatus, ...events)).toEqual(
      (['backordered', 'allocated', 'released', 'out_of_stock'] as const).map(
        (status) => new RecordLineStatus(ORDER, CHAIR, status),
      ),
    );
  });

  it('has nothing to record while a part of the line stays allocated', async () => {
    expect(await commandsOf(saga.recordLineStatus, stockDeallocated(1))).toEqual([]);
  });
});

describe('cancelWhenOutOfStock', () => {
  it('cancels for the line', async () => {
    expect(await commandsOf(saga.cancelWhenOutOfStock, outOfStock)).toEqual([new CancelOutOfStock(ORDER, CHAIR)]);
  });

  it('lets a line wait that is back-ordered', async () => {
    expect(await commandsOf(saga.cancelWhenOutOfStock, lineBackordered)).toEqual([]);
  });
});

describe('synchronizeShippingInfo', () => {
  it('names the order and the change, and nobody who lives there', async () => {
    const { shippingInfo } = request;
    const change = { orderId: ORDER, customerId: 'anna', newShippingInfo: shippingInfo, changedAt: NOW };
    expect(await commandsOf(saga.synchronizeShippingInfo, new ShippingInfoChanged(change))).toEqual([
      new SynchronizeShippingInfo(ORDER, NOW.toISOString()),
    ]);
  });
});

describe('markPaid', () => {
  it('passes on each capture with its payment, by which it is counted once', async () => {
    expect(await commandsOf(saga.markPaid, paymentCaptured, orderPaid)).toEqual([
      new MarkOrderPaid(ORDER, 'pay-1', TOTAL),
    ]);
  });
});
