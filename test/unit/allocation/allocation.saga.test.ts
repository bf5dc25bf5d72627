import { describe, expect, it } from '@jest/globals';
import { lastValueFrom, of, toArray } from 'rxjs';
import { Allocate } from '../../../src/allocation/application/allocate.js';
import { AllocationSaga } from '../../../src/allocation/application/allocation.saga.js';
import { Deallocate } from '../../../src/allocation/application/deallocate.js';
import { StockAllocated } from '../../../src/allocation/index.js';
import { OrderCanceled, OrderLinesCanceled, OrderPaid, OrderPlaced } from '../../../src/order/index.js';
import { MarkAllocationPaid } from '../../../src/allocation/application/mark-allocation-paid.js';
import { key, named, NOW } from './given-product.js';

const { orderId, lineId: first } = key(1);
const { lineId: second } = key(2);
const price = { amount: 100, currency: 'EUR' };
const lines = [
  { lineId: first, sku: 'CHAIR', quantity: 2 },
  { lineId: second, sku: 'TABLE', quantity: 1 },
];
const order = { orderId, customerId: 'anna', lines };

const placed = new OrderPlaced({
  ...order,
  lines: lines.map((line) => ({ ...line, unitPrice: price, lineTotal: price })),
  total: price,
  paymentDueAt: NOW,
  placedAt: NOW,
});
const canceled = new OrderCanceled({ ...order, cancellationId: first, reason: 'customer', canceledAt: NOW });
const unrelated = new StockAllocated({ ...named(1), batches: [], allocatedAt: NOW });

describe('the allocation saga', () => {
  const saga = new AllocationSaga();

  it('allocates each line of an order that was placed', async () => {
    const commands = await lastValueFrom(saga.allocateWhenPlaced(of(placed, unrelated)).pipe(toArray()));

    expect(commands).toEqual([
      new Allocate({ orderId, lineId: first, sku: 'CHAIR', quantity: 2, customerId: 'anna' }, 'order'),
      new Allocate({ orderId, lineId: second, sku: 'TABLE', quantity: 1, customerId: 'anna' }, 'order'),
    ]);
  });

  it('gives up each line of an order that was canceled', async () => {
    const commands = await lastValueFrom(saga.deallocateWhenCanceled(of(canceled, unrelated)).pipe(toArray()));

    expect(commands).toEqual([
      new Deallocate({ orderId, lineId: first, sku: 'CHAIR' }, 0, 'order'),
      new Deallocate({ orderId, lineId: second, sku: 'TABLE' }, 0, 'order'),
    ]);
  });

  it('lowers each line of which a part was canceled to what stays open', async () => {
    const part = { quantity: 1, keep: 1, amount: price };
    const canceledLines = lines.map((line) => ({ ...line, ...part }));
    const cancellation = { cancellationId: first, reason: 'customer', canceledAt: NOW } as const;
    const linesCanceled = new OrderLinesCanceled({ ...order, ...cancellation, lines: canceledLines, amount: price });

    const commands = await lastValueFrom(
      saga.deallocateWhenLinesCanceled(of(linesCanceled, unrelated)).pipe(toArray()),
    );

    expect(commands).toEqual([
      new Deallocate({ orderId, lineId: first, sku: 'CHAIR' }, 1, 'order'),
      new Deallocate({ orderId, lineId: second, sku: 'TABLE' }, 1, 'order'),
    ]);
  });

  it('remembers which orders are paid', async () => {
    const paid = new OrderPaid({ orderId, customerId: 'anna', total: price, paidAt: NOW });

    const commands = await lastValueFrom(saga.markPaid(of(paid, unrelated)).pipe(toArray()));

    expect(commands).toEqual([new MarkAllocationPaid(orderId)]);
  });
});
