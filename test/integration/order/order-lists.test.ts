import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ShipOrder } from '../../../src/order/application/ship-order.js';
import type { OrderFilter } from '../../../src/order/application/order-list.js';
import { ChangeShippingInfo } from '../../../src/order/application/change-shipping-info.js';
import { request } from '../../unit/order/given-order.js';
import { OrderDesk } from './order-desk.js';

let desk: OrderDesk;
/** Oldest first. */
let ids: string[];

beforeAll(async () => {
  desk = await OrderDesk.open();
  for (const sku of ['CHAIR', 'TABLE', 'Red Lamp']) await desk.stock(sku, 100);
  ids = [];
  for (const [customer, ...skus] of [
    ['carla', 'CHAIR'],
    ['carla', 'CHAIR', 'TABLE', 'CHAIR'],
    ['dora', 'TABLE'],
    ['dora', 'Red Lamp'],
    ['carla', 'TABLE'],
  ] as const) {
    ids.push(await desk.placeFor(customer, ...skus.map((sku) => ({ sku, quantity: 1 }))));
  }
  await desk.messaging.settled();
  await desk.cancel(ids[4]!);
  await desk.capture(ids[3]!, 1_000);
  await desk.messaging.settled();
  await desk.commands.execute(new ShipOrder(ids[3]!, 'DHL', 'JD-77 X'));
});
afterAll(() => desk.close());

/** Their places in the order of placing, newest first. */
const found = async (filter: Partial<OrderFilter>, owner?: string) => {
  const { data } = await desk.queries.list({ limit: 50, ...filter }, owner);
  return data.map(({ id }) => ids.indexOf(id));
};

describe('a list of orders', () => {
  it.each<[string, Partial<OrderFilter>, number[]]>([
    ['nothing', {}, [4, 3, 2, 1, 0]],
    ['a status', { status: 'canceled' }, [4]],
    ['a customer', { customerId: 'dora' }, [3, 2]],
    ['a sku, once however often it is in it', { sku: 'CHAIR' }, [1, 0]],
    ['a sku, exactly as it is written', { sku: 'chair' }, []],
    ['a sku and a customer', { sku: 'TABLE', customerId: 'carla' }, [4, 1]],
    ['a sku and a status', { sku: 'TABLE', status: 'awaiting_payment' }, [2, 1]],
    ['a word of a sku, in any case', { q: 'LAMP' }, [3]],
    ['all of several words', { q: 'berg table,chair' }, [1]],
    ['its customer', { q: 'dora' }, [3, 2]],
    ['a tracking number', { q: 'jd-77' }, [3]],
    ['a city', { q: 'Berlin' }, [4, 3, 2, 1, 0]],
    ['no part of a word', { q: 'Berl' }, []],
    ['a word that is in none', { q: 'berlin nowhere' }, []],
    ['words and a status', { q: 'anna', status: 'shipped' }, [3]],
  ])('finds by %s', async (_, filter, expected) => {
    expect(await found(filter)).toEqual(expected);
  });

  it('finds by the id', async () => {
    expect(await found({ q: ids[2]!.toUpperCase() })).toEqual([2]);
  });

  it('hides what belongs to others, whatever is asked for', async () => {
    expect(await found({ q: 'berlin' }, 'dora')).toEqual([3, 2]);
    expect(await found({ sku: 'TABLE' }, 'dora')).toEqual([2]);
    expect(await found({ customerId: 'carla' }, 'dora')).toEqual([]);
  });

  it('finds by the time of placing, from its beginning and before its end', async () => {
    const [first, second, third] = await Promise.all(ids.map(async (id) => (await desk.queries.get(id)).placedAt));
    expect(await found({ placedTo: second })).toEqual([0]);
    expect(await found({ placedFrom: second, placedTo: third })).toEqual([1]);
    expect(await found({ placedFrom: third })).toEqual([4, 3, 2]);
    expect(await found({ placedFrom: first, placedTo: first })).toEqual([]);
    expect(await found({ placedFrom: new Date(0), placedTo: new Date(8.64e15) })).toEqual([4, 3, 2, 1, 0]);
  });

  it.each<[string, Partial<OrderFilter>]>([
    ['all', {}],
    ['those of a sku', { sku: 'TABLE' }],
    ['those of a word', { q: 'berlin' }],
    ['those without a refund', { refundStatus: 'none' }],
  ])('shows %s page by page, each once, while new ones come in', async (_, filter) => {
    const before = await found(filter);
    const seen: number[] = [];
    let cursor: string | undefined;
    do {
      const page = await desk.queries.list({ ...filter, limit: 2, cursor });
      seen.push(...page.data.map(({ id }) => ids.indexOf(id)));
      cursor = page.nextCursor ?? undefined;
      await desk.placeFor('emil', { sku: 'TABLE', quantity: 1 });
    } while (cursor !== undefined);
    expect(seen).toEqual(before);
  });

  it('finds by where an order goes to now, no longer by where it went to', async () => {
    const { shippingInfo } = request;
    const moved = { ...shippingInfo, address: { ...shippingInfo.address, city: 'Bad Ems' } };
    await desk.commands.execute(new ChangeShippingInfo(ids[0]!, moved, undefined));
    expect(await found({ q: 'bad ems' })).toEqual([0]);
    expect(await found({ q: 'berlin', customerId: 'carla' })).toEqual([4, 1]);
  });
});
