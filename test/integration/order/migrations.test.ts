import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { ShipOrder } from '../../../src/order/application/ship-order.js';
import { OpenLines1764000002100 } from '../../../src/order/infrastructure/migrations/1764000002100-open-lines.js';
import { OrderLists1764000002110 } from '../../../src/order/infrastructure/migrations/1764000002110-order-lists.js';
import { RefundFailed, RefundSucceeded } from '../../../src/refund/index.js';
import { eur } from '../../unit/order/given-order.js';
import { OrderDesk } from './order-desk.js';

let desk: OrderDesk;

beforeAll(async () => {
  desk = await OrderDesk.open();
  await desk.stock('Red Lamp', 100);
});
afterAll(() => desk.close());

describe('orders from before lines could be canceled', () => {
  it('come to the same as if they had been placed today', async () => {
    const lamps = (quantity: number) => ({ sku: 'Red Lamp', quantity });
    const [canceled, shipped] = [await desk.place(lamps(1), lamps(2)), await desk.place(lamps(3))];
    await desk.capture(shipped, 3_000);
    await desk.messaging.settled();
    await desk.commands.execute(new ShipOrder(shipped, 'DHL', 'JD-1, X'));
    await desk.cancel(canceled);
    const refund = { refundId: randomUUID(), orderId: canceled, paymentId: randomUUID(), amount: eur(1) };
    const [succeededAt, failedAt] = [new Date(), new Date()];
    const succeeded = new RefundSucceeded({ ...refund, gatewayRefundId: 're', succeededAt });
    await desk.tell(['refund', refund.refundId], succeeded, new RefundFailed({ ...refund, code: 'bounced', failedAt }));
    await desk.messaging.settled();

    const everything = async () => ({
      orders: await desk.database.query('select * from orders.orders order by id'),
      skus: await desk.database.query('select * from orders.skus order by 1, 2'),
      words: await desk.database.query('select * from orders.words order by word collate "C", order_id'),
      summary: await desk.database.query('select * from orders.summary order by 1, 2, 3'),
    });
    const before = await everything();
    expect(before.words.length).toBeGreaterThan(10);
    expect(before.summary).toHaveLength(5);

    const runner = desk.database.createQueryRunner();
    await new OrderLists1764000002110().down(runner);
    await new OpenLines1764000002100().down(runner);
    await new OpenLines1764000002100().up(runner);
    await new OrderLists1764000002110().up(runner);
    await runner.release();
    expect(await everything()).toEqual(before);
  });
});
