import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ChangeBatchEta } from '../../../src/allocation/application/change-batch-eta.js';
import { ChangeBatchQuantity } from '../../../src/allocation/application/change-batch-quantity.js';
import { AllocationQueries } from '../../../src/allocation/application/allocation.queries.js';
import { BackInStock, CreateBatch, LineBackordered, LineEtaChanged } from '../../../src/allocation/index.js';
import { CustomerBecameVip } from '../../../src/customer/index.js';
import { UnitOfWork } from '../../../src/messaging/index.js';
import { OrderLinesCanceled } from '../../../src/order/index.js';
import { OrderDesk } from '../order/order-desk.js';

let desk: OrderDesk;

beforeAll(async () => {
  desk = await OrderDesk.open();
});
afterAll(() => desk.close());

const resize = async (ref: string, quantity: number) => {
  await desk.commands.execute(new ChangeBatchQuantity(ref, { quantity }));
  await desk.messaging.settled();
};
const placed = async (sku: string, quantity: number) => {
  const orderId = await desk.place({ sku, quantity });
  await desk.messaging.settled();
  return orderId;
};
const lineOf = async (orderId: string) => (await desk.queries.get(orderId)).lines[0]!;
const lineStatuses = (...orderIds: string[]) => Promise.all(orderIds.map(async (id) => (await lineOf(id)).status));
const told = async (orderId: string) => (await desk.queries.timeline(orderId)).map(({ type }) => type).slice(1);
const batchesOf = async (orderId: string) => (await desk.app.get(AllocationQueries).ofOrder(orderId))[0]!.batches;

async function record(type: string, id: string, event: object): Promise<void> {
  const unitOfWork = desk.app.get(UnitOfWork);
  await unitOfWork.run(async () => unitOfWork.record({ type, id, version: 1 }, [event]));
  await desk.messaging.settled();
}

describe('an order whose batch becomes smaller', () => {
  it('waits, is not canceled although its product takes no back-orders, and is served when units come', async () => {
    await desk.stock('LESS', 2);
    const [older, newer] = [await placed('LESS', 1), await placed('LESS', 1)];

    await resize('LESS-1', 1);

    expect(await lineStatuses(older, newer)).toEqual(['allocated', 'backordered']);
    expect(await desk.queries.cancellations(newer)).toEqual([]);
    expect(await told(newer)).toEqual([
      'product.stock-allocated',
      'product.stock-deallocated',
      'product.line-backordered',
    ]);
    const events = await desk.messaging.published(LineBackordered);
    expect(events.filter(({ orderId }) => orderId === newer)).toMatchObject([{ cause: 'stock_cut' }]);

    await resize('LESS-1', 3);

    expect(await lineStatuses(older, newer)).toEqual(['allocated', 'allocated']);
    expect(await desk.messaging.published(BackInStock)).toMatchObject([{ sku: 'LESS', available: 1 }]);
  });

  it('stays allocated when another batch takes it, at its new date', async () => {
    await desk.stock('MOVED', 2);
    const orderId = await placed('MOVED', 2);
    await desk.commands.execute(new CreateBatch({ sku: 'MOVED', ref: 'MOVED-2', quantity: 5, eta: '2030-04-01' }));

    await resize('MOVED-1', 1);
    await desk.commands.execute(new ChangeBatchEta('MOVED-2', '2030-05-01'));
    await desk.messaging.settled();

    expect(await lineStatuses(orderId)).toEqual(['allocated']);
    expect(await batchesOf(orderId)).toEqual([{ ref: 'MOVED-2', quantity: 2, eta: '2030-05-01' }]);
    const dates = (await desk.messaging.published(LineEtaChanged)).filter((event) => event.orderId === orderId);
    expect(dates.map(({ eta }) => eta)).toEqual(['2030-04-01', '2030-05-01']);
  });

  it('keeps its units when it is paid, and a VIP’s when both are', async () => {
    await desk.stock('RANKED', 3);
    const [paid, unpaid, newest] = [await placed('RANKED', 1), await placed('RANKED', 1), await placed('RANKED', 1)];
    for (const orderId of [paid, newest]) await desk.capture(orderId, 1_000);
    await desk.messaging.settled();

    await resize('RANKED-1', 2);
    expect(await lineStatuses(paid, unpaid, newest)).toEqual(['allocated', 'backordered', 'allocated']);
    await resize('RANKED-1', 1);
    expect(await lineStatuses(paid, unpaid, newest)).toEqual(['allocated', 'backordered', 'backordered']);

    const { customerId } = await desk.queries.get(paid);
    await record('customer', customerId, new CustomerBecameVip({ customerId, vipSince: new Date() }));
    expect(await desk.database.query('SELECT customer_id FROM allocation.vips')).toEqual([{ customer_id: customerId }]);
  });
});

describe('an order of which a part is canceled', () => {
  it('gives back what it does not keep, once, and a lower keep wins', async () => {
    await desk.stock('PARTLY', 5);
    const orderId = await placed('PARTLY', 5);
    const { lineId } = await lineOf(orderId);
    const canceled = (quantity: number, keep: number) => {
      const amount = { amount: 1_000 * quantity, currency: 'EUR' };
      const lines = [{ lineId, sku: 'PARTLY', quantity, keep, amount }];
      const facts = { orderId, customerId: 'anna', cancellationId: randomUUID(), reason: 'customer' } as const;
      return new OrderLinesCanceled({ ...facts, lines, amount, canceledAt: new Date() });
    };

    await record('order', orderId, canceled(1, 2));
    await record('order', orderId, canceled(2, 4));

    expect(await batchesOf(orderId)).toEqual([{ ref: 'PARTLY-1', quantity: 2, eta: null }]);
    expect(await lineStatuses(orderId)).toEqual(['allocated']);
  });
});
