import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ShipOrder } from '../../../src/order/application/ship-order.js';
import { OutOfStock } from '../../../src/allocation/index.js';
import { OrderCanceled, OrderPaid, OrderPlaced, OrderShipped } from '../../../src/order/index.js';
import { OrderDesk } from './order-desk.js';

let desk: OrderDesk;

beforeAll(async () => {
  desk = await OrderDesk.open();
});
afterAll(() => desk.close());

const statusOf = async (id: string) => (await desk.queries.get(id)).status;
const outcomesOf = async (...work: readonly Promise<unknown>[]) => {
  const settled = await Promise.allSettled(work);
  return settled.map((each) => (each.status === 'fulfilled' ? 'done' : (each.reason as { code: string }).code));
};

describe('a placed order', () => {
  it('is refused, and leaves nothing, when a sku is unknown', async () => {
    const before = (await desk.messaging.published(OrderPlaced)).length;
    await expect(desk.place({ sku: 'NOWHERE', quantity: 1 })).rejects.toMatchObject({ code: 'SKU_UNKNOWN' });
    expect(await desk.messaging.published(OrderPlaced)).toHaveLength(before);
  });

  it('awaits payment once its stock is allocated', async () => {
    await desk.stock('SOFA', 5);
    const id = await desk.place({ sku: 'SOFA', quantity: 2 }, { sku: 'SOFA', quantity: 3 });
    await desk.messaging.settled();
    expect(await statusOf(id)).toBe('awaiting_payment');
  });

  it('is canceled once when several of its lines are out of stock', async () => {
    await desk.stock('RARE', 1);
    await desk.stock('NONE', 0);
    const id = await desk.place({ sku: 'RARE', quantity: 2 }, { sku: 'NONE', quantity: 1 });
    await desk.messaging.settled();
    expect(await desk.queries.cancellations(id)).toMatchObject([{ reason: 'out_of_stock', canceledBy: 'system' }]);
    expect((await desk.messaging.published(OrderCanceled)).filter((event) => event.orderId === id)).toHaveLength(1);
    const unfinished = 'select type from messaging.queued_command where due_at <= now() or dead_at is not null';
    expect(await desk.database.query(unfinished)).toEqual([]);
  });

  it('keeps its other lines when the one that is out of stock was canceled before that was heard of', async () => {
    await desk.stock('HERE', 5);
    await desk.stock('SOLD', 5);
    const id = await desk.place({ sku: 'HERE', quantity: 1 }, { sku: 'SOLD', quantity: 1 });
    await desk.messaging.settled();
    const { lineId } = (await desk.queries.get(id)).lines[1]!;
    await desk.cancelLines(id, { lineId, quantity: 1 });
    const line = { sku: 'SOLD', orderId: id, lineId };
    await desk.tell(
      ['product', 'SOLD'],
      new OutOfStock({ ...line, requested: 1, available: 0, detectedAt: new Date() }),
    );
    await desk.messaging.settled();
    expect(await statusOf(id)).toBe('awaiting_payment');
  });

  it('is paid by captures that cover its total, each counted once', async () => {
    await desk.stock('DESK', 5);
    const id = await desk.place({ sku: 'DESK', quantity: 2 });
    const payment = randomUUID();
    await desk.capture(id, 1_500, payment);
    await desk.capture(id, 1_500, payment);
    await desk.messaging.settled();
    expect(await statusOf(id)).toBe('awaiting_payment');
    await desk.capture(id, 500);
    await desk.messaging.settled();
    expect(await statusOf(id)).toBe('preparing');
    expect((await desk.messaging.published(OrderPaid)).filter((event) => event.orderId === id)).toHaveLength(1);
  });
});

describe('a paid order', () => {
  const preparing = async (sku: string) => {
    await desk.stock(sku, 1);
    const id = await desk.place({ sku, quantity: 1 });
    await desk.capture(id, 1_000);
    await desk.messaging.settled();
    expect(await statusOf(id)).toBe('preparing');
    return id;
  };

  it('takes its stock out of the house when it is shipped', async () => {
    const id = await preparing('BOOK');
    await desk.commands.execute(new ShipOrder(id, 'DHL', 'JD01'));
    expect(await statusOf(id)).toBe('shipped');
    const [batch] = await desk.database.query("select shipped from allocation.batches where ref = 'BOOK-1'");
    expect(batch).toEqual({ shipped: 1 });
  });

  it('is either shipped or canceled when both are asked for at once, and the stock agrees', async () => {
    for (const sku of ['RACE-1', 'RACE-2', 'RACE-3', 'RACE-4']) {
      const id = await preparing(sku);
      const outcomes = await outcomesOf(desk.cancel(id), desk.commands.execute(new ShipOrder(id, 'DHL', 'JD01')));
      await desk.messaging.settled();

      const status = await statusOf(id);
      const [batch] = await desk.database.query('select shipped from allocation.batches where ref = $1', [`${sku}-1`]);
      expect(outcomes).toEqual(
        status === 'shipped' ? ['ORDER_ALREADY_SHIPPED', 'done'] : ['done', 'ORDER_ALREADY_CANCELED'],
      );
      expect(batch).toEqual({ shipped: status === 'shipped' ? 1 : 0 });
    }
    const shippedOnes = await desk.messaging.published(OrderShipped);
    const canceledOnes = await desk.messaging.published(OrderCanceled);
    const both = shippedOnes.filter(({ orderId }) => canceledOnes.some((other) => other.orderId === orderId));
    expect(both).toEqual([]);
  });
});
