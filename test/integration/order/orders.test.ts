import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { RecordLineStatus } from '../../../src/order/application/record-line-status.js';
import { OrderNotFound } from '../../../src/order/domain/order.errors.js';
import { allocated, canceled, CANCELLATION, NOW, paid, placing, shipped } from '../../unit/order/given-order.js';
import { OrderDesk } from './order-desk.js';

let desk: OrderDesk;

beforeAll(async () => {
  desk = await OrderDesk.open({ deliver: false });
});
afterAll(() => desk.close());

describe('an order in the database', () => {
  it('comes back as it was stored, times included', async () => {
    const id = randomUUID();
    await desk.orders.add(placing({ id }));
    await desk.orders.change(id, (order) => [allocated, paid, shipped].forEach((step) => step(order)));
    const expected = placing({ id });
    for (const step of [allocated, paid, shipped]) step(expected);
    expect((await desk.orders.get(id)).state).toEqual({ ...expected.state, status: 'shipped', version: 2 });
  });

  it('keeps its cancellation with its time', async () => {
    const id = randomUUID();
    await desk.orders.add(placing({ id }));
    await desk.orders.change(id, canceled);
    expect((await desk.orders.get(id)).state.cancellations).toMatchObject([{ id: CANCELLATION, canceledAt: NOW }]);
  });

  it('is not written by a verb that changes nothing', async () => {
    const id = randomUUID();
    await desk.orders.add(placing({ id }));
    await desk.orders.change(id, allocated);
    await desk.orders.change(id, allocated);
    expect((await desk.orders.get(id)).version).toBe(2);
  });

  it('loses none of the changes that are made at once', async () => {
    await desk.stock('WIDE', 0);
    const id = await desk.place(...Array.from({ length: 10 }, () => ({ sku: 'WIDE', quantity: 1 })));
    const { lines } = (await desk.orders.get(id)).state;
    await Promise.all(
      lines.map(({ lineId }) => desk.commands.execute(new RecordLineStatus(id, lineId, 'backordered'))),
    );
    expect(new Set((await desk.queries.get(id)).lines.map((line) => line.status))).toEqual(new Set(['backordered']));
  });
});

describe('an id that is no order of ours', () => {
  it('is not found', async () => {
    await expect(desk.orders.get(randomUUID())).rejects.toThrow(OrderNotFound);
    await expect(desk.cancel(randomUUID())).rejects.toThrow(OrderNotFound);
  });

  it('is no error where it comes from stock allocated for other teams', async () => {
    const command = new RecordLineStatus(randomUUID(), randomUUID(), 'allocated');
    await expect(desk.commands.execute(command)).resolves.toBeUndefined();
  });
});

describe('orders in a list', () => {
  it('come newest first, page by page, and only to those who may see them', async () => {
    const ids: string[] = [];
    for (const customerId of ['carla', 'carla', 'dora', 'carla']) {
      const order = placing({ id: randomUUID(), customerId });
      await desk.orders.add(order);
      ids.push(order.streamId);
    }
    const carlas = ids.filter((_, i) => i !== 2).sort((a, b) => (a < b ? 1 : -1));

    const first = await desk.queries.list({ limit: 2 }, 'carla');
    const second = await desk.queries.list({ limit: 2, cursor: first.nextCursor! }, 'carla');

    expect(first.data.map((order) => order.id)).toEqual(carlas.slice(0, 2));
    expect(second.data.map((order) => order.id)).toEqual(carlas.slice(2));
    expect(second.nextCursor).toBeNull();
    expect((await desk.queries.list({ limit: 9, customerId: 'dora' }, 'carla')).data).toEqual([]);
    expect((await desk.queries.list({ limit: 9, status: 'shipped' }, 'carla')).data).toEqual([]);
    await expect(desk.queries.get(ids[2]!, 'carla')).rejects.toThrow(OrderNotFound);
  });
});
