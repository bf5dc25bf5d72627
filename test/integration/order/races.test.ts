import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { QueryBus } from '@nestjs/cqrs';
import { GetOrderAllocations } from '../../../src/allocation/index.js';
import { Deallocate } from '../../../src/allocation/application/deallocate.js';
import { OrderLinesCanceled } from '../../../src/order/index.js';
import { ExpireOrder } from '../../../src/order/application/expire-order.js';
import { MarkOrderPaid } from '../../../src/order/application/mark-order-paid.js';
import { ShipOrder } from '../../../src/order/application/ship-order.js';
import { RUNS } from '../../support/runs.js';
import { eur } from '../../unit/order/given-order.js';
import { OrderDesk } from './order-desk.js';

/** Twice the connections that requests have: some wait for a connection, the others for rows. */
const AT_ONCE = 20;
/** Some seconds each; machines with other work take their time. */
const PATIENCE_MS = 180_000;

let desk: OrderDesk;

beforeAll(async () => {
  desk = await OrderDesk.open();
});
afterAll(() => desk.close());

const inBatches = async <T>(count: number, work: (i: number) => Promise<T>): Promise<T[]> => {
  const results: T[] = [];
  for (let i = 0; i < count; i += AT_ONCE) {
    const batch = Array.from({ length: Math.min(AT_ONCE, count - i) }, (_, j) => work(i + j));
    results.push(...(await Promise.all(batch)));
  }
  return results;
};

/** Started at once, each race with another one of them first. */
const race = async (i: number, ...contenders: readonly (() => Promise<unknown>)[]) => {
  const first = i % contenders.length;
  const turned = [...contenders.slice(first), ...contenders.slice(0, first)];
  const settled = await Promise.allSettled(turned.map((start) => start()));
  const outcomes = settled.map((each) =>
    each.status === 'fulfilled' ? 'done' : (each.reason as { code: string }).code,
  );
  return contenders.map((_, j) => outcomes[(j - first + contenders.length) % contenders.length]);
};

/** Reads so often first: the same start would always let the same one win. */
const after = async <T>(reads: number, id: string, start: () => Promise<T>): Promise<T> => {
  for (let i = 0; i < reads; i++) await desk.queries.get(id);
  return start();
};

const ship = (id: string) => desk.commands.execute(new ShipOrder(id, 'DHL', 'JD01'));
const pay = (id: string, amount: number) => desk.commands.execute(new MarkOrderPaid(id, randomUUID(), eur(amount)));

const told = async (id: string) => {
  const types = (await desk.queries.timeline(id)).map(({ type }) => type);
  return ['order.paid', 'order.shipped', 'order.canceled'].filter((type) => types.includes(type));
};
const twice = async () =>
  desk.database.query(
    `select order_id, type from orders.timeline where type in ('order.paid', 'order.shipped', 'order.canceled')
      group by order_id, type having count(*) > 1`,
  );

describe(`an order that expires while it is paid and shipped, ${RUNS} times`, () => {
  it(
    'is either canceled and neither paid nor shipped, or paid and shipped and never canceled',
    async () => {
      await desk.stock('CLOCK', RUNS);
      const ids = await inBatches(RUNS, () => desk.place({ sku: 'CLOCK', quantity: 1 }));
      await desk.messaging.settled();

      const outcomes = await inBatches(RUNS, async (i) => {
        const id = ids[i]!;
        const paidAndShipped = () => pay(id, 1_000).then(() => ship(id));
        const expire = () => after(i % 3, id, () => desk.commands.execute(new ExpireOrder(id)));
        return race(i, paidAndShipped, expire);
      });
      await desk.messaging.settled();

      const ends = await Promise.all(
        ids.map(async (id) => ({ status: (await desk.queries.get(id)).status, told: await told(id) })),
      );
      const canceled = { status: 'canceled', told: ['order.canceled'] };
      const shipped = { status: 'shipped', told: ['order.paid', 'order.shipped'] };
      expect(ends).toEqual(outcomes.map(([shipment]) => (shipment === 'done' ? shipped : canceled)));
      expect(outcomes.filter(([shipment]) => shipment !== 'done').map(([shipment]) => shipment)).toEqual(
        ends.filter(({ status }) => status === 'canceled').map(() => 'ORDER_ALREADY_CANCELED'),
      );
      // Both ends were reached, or nothing raced. So below.
      expect(new Set(ends.map(({ status }) => status))).toEqual(new Set(['canceled', 'shipped']));
      expect(await twice()).toEqual([]);
      const [stock] = await desk.database.query(
        `select allocated, shipped from allocation.batches where ref = 'CLOCK-1'`,
      );
      const shippedOnes = ends.filter(({ status }) => status === 'shipped').length;
      expect(stock).toEqual({ allocated: shippedOnes, shipped: shippedOnes });
    },
    PATIENCE_MS,
  );
});

describe(`an order that is canceled while it is shipped, ${RUNS} times`, () => {
  /** Those of a batch have no sku in common: shipments that wait for each other's stock would always come too late. */
  const preparing = async (name: string) => {
    const skus = Array.from({ length: AT_ONCE }, (_, i) => `${name}-${i}`);
    for (const sku of skus) await desk.stock(sku, 4 * RUNS);
    const lines = (sku: string) => [3, 1].map((quantity) => ({ sku, quantity }));
    const ids = await inBatches(RUNS, (i) => desk.place(...lines(skus[i % AT_ONCE]!)));
    await desk.messaging.settled();
    await inBatches(RUNS, (i) => pay(ids[i]!, 4_000));
    return ids;
  };
  /** What follows from a cancellation, whoever does it first: a lower `keep` wins, so twice does no harm. */
  const releaseCanceledUnits = async () => {
    for (const { orderId, lines } of await desk.messaging.published(OrderLinesCanceled)) {
      for (const { lineId, sku, keep } of lines) {
        await desk.commands.execute(new Deallocate({ orderId, lineId, sku }, keep, 'order'));
      }
    }
    await desk.messaging.settled();
  };
  const isDone = (outcome?: string) => outcome === 'done';

  it(
    'is either shipped or canceled',
    async () => {
      const ids = await preparing('VASE');
      const outcomes = await inBatches(RUNS, (i) =>
        race(
          i,
          () => after(i % 7, ids[i]!, () => ship(ids[i]!)),
          () => after(i % 5, ids[i]!, () => desk.cancel(ids[i]!)),
        ),
      );
      await desk.messaging.settled();

      expect(outcomes.filter((each) => each.filter(isDone).length !== 1)).toEqual([]);
      const ends = await Promise.all(ids.map(async (id) => [(await desk.queries.get(id)).status, await told(id)]));
      expect(ends).toEqual(
        outcomes.map(([shipment]) =>
          isDone(shipment)
            ? ['shipped', ['order.paid', 'order.shipped']]
            : ['canceled', ['order.paid', 'order.canceled']],
        ),
      );
      process.stdout.write(`${outcomes.filter(([shipment]) => isDone(shipment)).length} of ${RUNS} shipped\n`);
      expect(new Set(outcomes.map(([shipment]) => isDone(shipment))).size).toBe(2);
      expect(await twice()).toEqual([]);
    },
    PATIENCE_MS,
  );

  it(
    'ships of each line what is open, when only units of it are canceled',
    async () => {
      const ids = await preparing('BOWL');
      const outcomes = await inBatches(RUNS, async (i) => {
        const id = ids[i]!;
        const [three, one] = (await desk.queries.get(id)).lines;
        // A part of one line and all of the other.
        const units = [three!, one!].map(({ lineId }) => ({ lineId, quantity: 1 }));
        return race(
          i,
          () => after(i % 7, id, () => ship(id)),
          () => after(i % 5, id, () => desk.cancelLines(id, ...units)),
        );
      });
      await desk.messaging.settled();
      await releaseCanceledUnits();
      // Those whose canceled units had not left the stock yet.
      const late = ids.filter((_, i) => outcomes[i]![0] === 'STOCK_NOT_READY');
      for (const id of late) await ship(id);

      const queries = desk.app.get(QueryBus, { strict: false });
      for (const [i, id] of ids.entries()) {
        const order = await desk.queries.get(id);
        const lines = await queries.execute(new GetOrderAllocations(id));
        const left = lines.filter(({ state }) => state === 'shipped').map(({ lineId, quantity }) => [lineId, quantity]);
        const open = order.lines.filter((line) => line.open > 0).map((line) => [line.lineId, line.open]);
        expect(new Map(left as [string, number][])).toEqual(new Map(open as [string, number][]));
        expect([order.status, open.length]).toEqual(['shipped', isDone(outcomes[i]![1]) ? 1 : 2]);
      }
      process.stdout.write(`${outcomes.filter(([, units]) => isDone(units)).length} of ${RUNS} canceled in part\n`);
      expect(new Set(outcomes.map(([, cancellation]) => isDone(cancellation))).size).toBe(2);
      expect(
        outcomes.flat().filter((each) => !['done', 'STOCK_NOT_READY', 'ORDER_ALREADY_SHIPPED'].includes(each!)),
      ).toEqual([]);
    },
    PATIENCE_MS,
  );
});
