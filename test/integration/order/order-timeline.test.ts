import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { LineBackordered } from '../../../src/allocation/index.js';
import { OrderTimeline } from '../../../src/order/application/order-timeline.js';
import { PaymentCaptured, PaymentDisputed } from '../../../src/refund/index.js';
import { request } from '../../unit/order/given-order.js';
import { OrderDesk } from './order-desk.js';

let desk: OrderDesk;

beforeAll(async () => {
  desk = await OrderDesk.open();
  await desk.stock('LAMP', 10);
});
afterAll(() => desk.close());

describe('the timeline of an order', () => {
  it('tells in the order of the log what every module did', async () => {
    const id = await desk.place({ sku: 'LAMP', quantity: 1 });
    await desk.messaging.settled();
    await desk.cancel(id);
    await desk.messaging.settled();

    const entries = await desk.queries.timeline(id);
    expect(entries.map((entry) => [entry.type, entry.text])).toEqual([
      ['order.placed', 'Order placed with 1 line'],
      ['product.stock-allocated', 'LAMP allocated'],
      ['order.canceled', 'Order canceled: customer'],
      ['product.stock-deallocated', 'Stock of LAMP released'],
    ]);
    const positions = entries.map((entry) => entry.position);
    expect(positions).toEqual([...positions].sort((a, b) => a - b));
  });

  it('has an event once, however often it is delivered', async () => {
    const orderId = await desk.place({ sku: 'LAMP', quantity: 1 });
    await desk.messaging.settled();
    const before = await desk.queries.timeline(orderId);
    const event = new LineBackordered({
      orderId,
      lineId: randomUUID(),
      sku: 'LAMP',
      quantity: 1,
      cause: 'placing',
      backorderedAt: new Date(),
    });
    const context = { messageId: randomUUID(), attempt: 1, headers: {}, position: 1_000, occurredAt: new Date() };
    const timeline = desk.app.get(OrderTimeline, { strict: false });
    await timeline.handleBatch([event], [context]);
    await timeline.handleBatch([event], [{ ...context, attempt: 2 }]);
    expect(await desk.queries.timeline(orderId)).toHaveLength(before.length + 1);
  });

  it('keeps the last word on a payment, and what was captured, when both come in one call', async () => {
    const orderId = await desk.place({ sku: 'LAMP', quantity: 1 });
    const paymentId = randomUUID();
    const amount = { amount: 1_999, currency: 'EUR' };
    const captured = new PaymentCaptured({ paymentId, orderId, amount, gateway: 'sandbox', capturedAt: new Date() });
    const disputed = new PaymentDisputed({ paymentId, orderId, amount, reason: 'fraudulent', disputedAt: new Date() });
    const contexts = [2_000, 2_001].map((position) => ({
      messageId: randomUUID(),
      attempt: 1,
      headers: {},
      position,
      occurredAt: new Date(),
    }));
    await desk.app.get(OrderTimeline, { strict: false }).handleBatch([captured, disputed], contexts);
    const summary = 'select status, amount::int, position::int from orders.summary where id = $1';
    expect(await desk.database.query(summary, [paymentId])).toEqual([
      { status: 'disputed', amount: 1_999, position: 2_001 },
    ]);
  });

  it('does not exist for the orders of other teams', async () => {
    const line = { orderId: randomUUID(), lineId: randomUUID(), sku: 'LAMP' };
    const event = { ...line, quantity: 1, cause: 'placing', backorderedAt: new Date() } as const;
    const context = { messageId: randomUUID(), attempt: 1, headers: {}, position: 1_001, occurredAt: new Date() };
    await desk.app.get(OrderTimeline, { strict: false }).handleBatch([new LineBackordered(event)], [context]);
    expect(await desk.queries.timeline(event.orderId)).toEqual([]);
  });

  it('knows nothing of the receiver and the address', async () => {
    await desk.place({ sku: 'LAMP', quantity: 1 });
    await desk.messaging.settled();
    const rows = JSON.stringify(await desk.database.query('select text, data from orders.timeline'));
    expect(rows).toContain('LAMP');
    for (const personal of [request.shippingInfo.receiver.name, request.shippingInfo.address.line1]) {
      expect(rows).not.toContain(personal);
    }
  });
});
