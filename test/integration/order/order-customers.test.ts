import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { QueryBus } from '@nestjs/cqrs';
import { CustomerBecameVip, CustomerErased } from '../../../src/customer/index.js';
import { CancelOrder } from '../../../src/order/application/cancel-order.js';
import { ConfirmDelivery } from '../../../src/order/application/confirm-delivery.js';
import { ShipOrder } from '../../../src/order/application/ship-order.js';
import { ExportOrders, GetOrderForPayment, GetOrdersOfCustomer, OrderPlaced } from '../../../src/order/index.js';
import { eur, request } from '../../unit/order/given-order.js';
import { OrderDesk } from './order-desk.js';

let desk: OrderDesk;
let queries: QueryBus;

beforeAll(async () => {
  desk = await OrderDesk.open();
  queries = desk.app.get(QueryBus, { strict: false });
  await desk.stock('LAMP', 100);
});
afterAll(() => desk.close());

const tell = async (customerId: string, event: object) => {
  await desk.tell(['customer', customerId], event);
  await desk.messaging.settled();
};
const lamps = (quantity: number) => ({ sku: 'LAMP', quantity });

describe('a customer who becomes a VIP', () => {
  const becomeVip = (vipSince: Date) => tell('vera', new CustomerBecameVip({ customerId: 'vera', vipSince }));

  it('pays less for the orders after it, and for no other', async () => {
    const before = await desk.placeFor('vera', lamps(1));
    await becomeVip(new Date());
    const after = await desk.placeFor('vera', lamps(1), lamps(2));
    const others = await desk.placeFor('otto', lamps(1));

    expect((await desk.queries.get(before)).total).toEqual(eur(1_000));
    expect((await desk.queries.get(others)).total).toEqual(eur(1_000));
    const order = await desk.queries.get(after);
    expect(order.lines.map(({ discount, lineTotal }) => [discount, lineTotal])).toEqual([
      [eur(50), eur(950)],
      [eur(100), eur(1_900)],
    ]);
    const [placed] = (await desk.messaging.published(OrderPlaced)).filter(({ orderId }) => orderId === after);
    expect(placed).toMatchObject({ total: eur(2_850), lines: [{ discount: eur(50) }, { discount: eur(100) }] });
  });

  it('stays one when that is told again', async () => {
    await becomeVip(new Date(Date.now() + 60_000));
    expect((await desk.queries.get(await desk.placeFor('vera', lamps(1)))).total).toEqual(eur(950));
  });

  it('is none before the time it is told for', async () => {
    const vipSince = new Date(Date.now() + 60_000);
    await tell('nora', new CustomerBecameVip({ customerId: 'nora', vipSince }));
    expect((await desk.queries.get(await desk.placeFor('nora', lamps(1)))).total).toEqual(eur(1_000));
  });
});

describe('an order of 100.00 of which a line of 40.00 was canceled', () => {
  it('is to be paid with 60.00, and is paid by them', async () => {
    const id = await desk.place(lamps(6), lamps(4));
    const [, four] = (await desk.queries.get(id)).lines;
    await desk.cancelLines(id, { lineId: four!.lineId, quantity: 4 });

    expect(await queries.execute(new GetOrderForPayment(id))).toMatchObject({ total: eur(6_000) });
    const order = await desk.queries.get(id);
    expect([order.total, order.openTotal]).toEqual([eur(10_000), eur(6_000)]);
    expect(await desk.queries.cancellations(id)).toMatchObject([
      { lines: [{ quantity: 4, keep: 0, amount: eur(4_000) }] },
    ]);

    await desk.capture(id, 6_000);
    await desk.messaging.settled();
    expect(await desk.queries.get(id)).toMatchObject({ status: 'preparing', summary: { payment: 'paid' } });
  });

  it('is paid at once when 60.00 were captured before', async () => {
    const id = await desk.place(lamps(6), lamps(4));
    await desk.capture(id, 6_000);
    await desk.messaging.settled();
    const order = await desk.queries.get(id);
    expect(order).toMatchObject({ status: 'awaiting_payment', summary: { payment: 'partly_paid' } });
    await desk.cancelLines(id, { lineId: order.lines[1]!.lineId, quantity: 4 });
    expect((await desk.queries.get(id)).status).toBe('preparing');
  });
});

describe('a customer who is erased', () => {
  const personal = ['Anna Berg', 'Berg', 'Am Markt 1', '+49 30 1234', '10115', 'Berlin', 'my neighbour'];
  const kept = async () =>
    JSON.stringify([
      await desk.database.query(`select * from orders.orders where customer_id = 'emma'`),
      await desk.database.query(
        `select word from orders.words where order_id in (select id from orders.orders where customer_id = 'emma')`,
      ),
    ]);
  const shipped = async () => {
    const id = await desk.placeFor('emma', lamps(1));
    await desk.capture(id, 1_000);
    await desk.messaging.settled();
    await desk.commands.execute(new ShipOrder(id, 'DHL', 'JD-EMMA'));
    return id;
  };

  it('is forgotten in all orders at once, and the books are kept', async () => {
    const delivered = await shipped();
    await desk.commands.execute(new ConfirmDelivery(delivered));
    const canceled = await desk.placeFor('emma', lamps(1));
    await desk.commands.execute(new CancelOrder(canceled, 'customer', 'customer:emma', 'Give it to my neighbour'));
    await desk.messaging.settled();
    for (const each of personal) expect((await kept()).toLowerCase()).toContain(each.toLowerCase());
    expect((await desk.queries.list({ q: 'berg', customerId: 'emma', limit: 9 })).data).toHaveLength(2);
    const before = await desk.queries.get(delivered);

    await tell('emma', new CustomerErased({ customerId: 'emma', erasedAt: new Date() }));

    for (const each of personal) expect((await kept()).toLowerCase()).not.toContain(each.toLowerCase());
    expect((await desk.queries.list({ q: 'berg', customerId: 'emma', limit: 9 })).data).toEqual([]);
    const after = await desk.queries.get(delivered);
    expect(after).toEqual({
      ...before,
      version: before.version + 1,
      shippingInfo: {
        receiver: { name: 'erased', phone: 'erased' },
        address: { line1: 'erased', city: 'erased', postalCode: 'erased', country: 'DE' },
      },
    });
    expect(await desk.queries.cancellations(canceled)).toMatchObject([{ note: null, reason: 'customer' }]);
  });

  it('is not forgotten twice, and keeps what is ordered later', async () => {
    const state = await kept();
    const erasedAt = new Date();
    const later = await desk.placeFor('emma', lamps(1));
    await tell('emma', new CustomerErased({ customerId: 'emma', erasedAt }));
    expect((await desk.queries.get(later)).shippingInfo).toEqual(request.shippingInfo);
    await desk.cancel(later);
    await desk.messaging.settled();
    await tell('emma', new CustomerErased({ customerId: 'emma', erasedAt: new Date() }));
    expect((await kept()).toLowerCase()).not.toContain('berg');
    expect(JSON.parse(await kept())[0]).toEqual(expect.arrayContaining(JSON.parse(state)[0] as unknown[]));
  });
});

describe('what a customer ordered', () => {
  it('is told to other modules: what is open, and all that is kept', async () => {
    const first = await desk.placeFor('frida', lamps(1));
    const second = await desk.placeFor('frida', lamps(2));
    await desk.commands.execute(new CancelOrder(first, 'customer', 'customer:frida', 'Too late'));
    expect(await queries.execute(new GetOrdersOfCustomer('frida'))).toEqual([
      { orderId: second, isOpen: true },
      { orderId: first, isOpen: false },
    ]);
    expect(await queries.execute(new ExportOrders('frida'))).toMatchObject([
      { id: second, shippingInfo: request.shippingInfo, cancellations: [] },
      { id: first, cancellations: [{ note: 'Too late' }] },
    ]);
    expect(await queries.execute(new GetOrdersOfCustomer('nobody'))).toEqual([]);
  });
});
