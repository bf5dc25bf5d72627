import { describe as state, expect, it } from '@jest/globals';
import * as allocation from '../../../src/allocation/index.js';
import * as customer from '../../../src/customer/index.js';
import { describeMessage, type MessageClass } from '../../../src/messaging/message.js';
import { describe, timelineEvents } from '../../../src/order/application/timeline-entries.js';
import * as order from '../../../src/order/index.js';
import * as refund from '../../../src/refund/index.js';
import { canceled, CANCELLATION, CHAIR, given, ORDER, placing, request } from './given-order.js';

const isClass = (exported: unknown): exported is MessageClass => typeof exported === 'function';

state('the timeline', () => {
  it('has words for every published event with an order id', () => {
    const published = [order, allocation, refund, customer]
      .flatMap((contract) => Object.values<unknown>(contract))
      .filter(isClass);
    const ofAnOrder = published.filter((each) => describeMessage(each).schema?.shape.orderId);
    expect(ofAnOrder.length).toBeGreaterThan(10);
    expect(new Set(timelineEvents)).toEqual(new Set(ofAnOrder));
  });

  it('tells in plain words', () => {
    const [event] = given().when(canceled) as [order.OrderCanceled];
    expect(describe(event)).toEqual({
      text: 'Order canceled: customer',
      data: { cancellationId: CANCELLATION, reason: 'customer', lines: request.lines },
    });
  });

  it('keeps the facts of a line, so that a reader can find it', () => {
    const event = { sku: 'CHAIR', orderId: ORDER, lineId: CHAIR, requested: 2, available: 1, detectedAt: new Date(0) };
    expect(describe(new allocation.OutOfStock(event))).toEqual({
      text: 'CHAIR is out of stock',
      data: { lineId: CHAIR, sku: 'CHAIR', requested: 2, available: 1 },
    });
  });

  it.each([
    [0, 'Stock of CHAIR released'],
    [1, 'Stock of CHAIR changed, 1 unit still claimed'],
    [2, 'Stock of CHAIR changed, 2 units still claimed'],
  ])('calls stock released only where a line keeps nothing of it: %i', (kept, text) => {
    const event = { sku: 'CHAIR', orderId: ORDER, lineId: CHAIR, kept, deallocatedAt: new Date(0) };
    expect(describe(new allocation.StockDeallocated(event)).text).toBe(text);
  });

  it('keeps nothing of where the order goes to, and to whom', () => {
    const [event] = placing().getUncommittedEvents() as [order.OrderPlaced];
    const kept = JSON.stringify(describe(event));
    const { receiver, address } = request.shippingInfo;
    for (const personal of [...Object.values(receiver), address.line1, address.city, address.postalCode]) {
      expect(kept).not.toContain(personal);
    }
  });
});
