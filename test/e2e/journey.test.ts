import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { eventually } from '../support/eventually.js';
import type { Answer, HttpClient } from '../support/http.js';
import type { Book } from '../support/sandbox-controls.js';
import { type Service, startService } from '../support/service.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { cancelOrder, newKey, openPayment, placeOrder, sandboxOf, stock, untilOrderIs, untilRefunded } from './shop.js';

interface Told {
  readonly position: number;
  readonly type: string;
  readonly data: { readonly orderId?: string };
  readonly headers: { readonly correlationId?: string };
}

let database: TestDatabase;
let service: Service;
let operator: HttpClient;
let anna: HttpClient;

beforeAll(async () => {
  database = await createTestDatabase();
  service = await startService({ databaseUrl: database.url, env: { DATA_DIR: await temporaryFolder() } });
  operator = service.http;
  anna = operator.with({ 'x-customer-id': 'anna' });
});
afterAll(async () => {
  await service.stop();
  await database.drop();
});

const pathOf = (orderId: string, rest = '') => `/v1/orders/${orderId}${rest}`;
const joinedBy = (client: HttpClient, correlationId: string) => client.with({ 'x-correlation-id': correlationId });

async function timelineOf(orderId: string): Promise<string[]> {
  const { data } = (await anna.get(pathOf(orderId, '/timeline'))).body;
  return data.map((entry: { text: string }) => entry.text);
}

/** What the event API tells of an order, in its order. */
async function storyOf(orderId: string): Promise<Told[]> {
  const { events } = (await operator.get('/v1/events?offset=0&limit=1000')).body as { events: Told[] };
  return events.filter((event) => event.data.orderId === orderId);
}

const typesOf = (story: readonly Told[]) => story.map((event) => event.type);

/** Sends a request as a client does that got no answer the first time. */
async function twice<T>(send: (key: ReturnType<typeof newKey>) => Promise<T>): Promise<[T, T]> {
  const key = newKey();
  return [await send(key), await send(key)];
}

describe('an order that was paid at the gateway and canceled, every request sent twice', () => {
  const ids = { placing: `placing-${randomUUID()}`, canceling: `canceling-${randomUUID()}` };
  let placed: [string, string];
  let intents: [string, string];
  let canceled: [Answer, Answer];
  let allocatedBefore: number;
  let book: Book;
  let orderId: string;

  const allocated = async () => (await operator.get('/v1/batches/CHAIR-1')).body.allocated as number;

  beforeAll(async () => {
    await stock(operator, 'CHAIR', 10);
    placed = await twice((key) => placeOrder(joinedBy(anna, ids.placing), 'anna', 'CHAIR', key));
    orderId = placed[0];
    intents = await twice((key) => openPayment(anna, orderId, key));
    await sandboxOf(service).pay(intents[0]);
    await untilOrderIs('preparing', anna, orderId);
    await eventually(async () => (await timelineOf(orderId)).length === 5);
    allocatedBefore = await allocated();
    canceled = await twice((key) => cancelOrder(joinedBy(anna, ids.canceling), orderId, key));
    await untilRefunded(operator, orderId);
    await eventually(async () => (await timelineOf(orderId)).length === 10);
    book = await sandboxOf(service).book();
  });

  it('was placed, paid and canceled once', async () => {
    expect(placed[1]).toBe(placed[0]);
    expect(intents[1]).toBe(intents[0]);
    expect(canceled.map(({ status }) => status)).toEqual([201, 201]);
    expect(canceled[1].body).toEqual(canceled[0].body);
    expect(canceled[1].headers.get('idempotency-replayed')).toBe('true');
    expect((await anna.get('/v1/orders')).body.data).toHaveLength(1);
    expect((await anna.get(pathOf(orderId, '/cancellations'))).body.data).toHaveLength(1);
  });

  it('gives its stock back', async () => {
    expect(allocatedBefore).toBe(1);
    expect(await allocated()).toBe(0);
    expect((await anna.get(pathOf(orderId, '/allocations'))).body.data).toMatchObject([{ state: 'released' }]);
  });

  it('is refunded once, in full', () => {
    expect(book.effects).toEqual({ captures: 1, refunds: 1 });
    expect(book.refunds).toMatchObject([{ payment_intent: intents[0], amount: 1_250, status: 'succeeded' }]);
  });

  it('tells the customer all of that', async () => {
    const timeline = await timelineOf(orderId);
    expect(timeline.slice(0, 6)).toEqual([
      'Order placed with 1 line',
      'CHAIR allocated',
      'Payment received',
      'Order paid in full',
      'Counted as purchase 1 of the customer',
      'Order canceled: customer',
    ]);
    // The stock, the money and the history go back independently of each other.
    const refund = ['Refund requested: canceled', 'Refund completed'];
    const returns = ['Stock of CHAIR released', 'No longer counted as a purchase', ...refund];
    expect(timeline.slice(6).toSorted()).toEqual(returns.toSorted());
  });

  it('is told by the event API in order, each request with all that followed from it', async () => {
    const story = await storyOf(orderId);
    const joined = (correlationId: string) => typesOf(story.filter((e) => e.headers.correlationId === correlationId));

    expect(story.map(({ position }) => position)).toEqual(
      story.map(({ position }) => position).toSorted((a, b) => a - b),
    );
    expect(joined(ids.placing)).toEqual(['order.placed', 'product.stock-allocated']);
    const paying = story.find(({ type }) => type === 'payment.captured')!.headers.correlationId!;
    expect(joined(paying)).toEqual(['payment.captured', 'order.paid', 'customer.purchase-recorded']);
    const canceling = joined(ids.canceling);
    expect(canceling[0]).toBe('order.canceled');
    expect(canceling.filter((type) => type.startsWith('refund.'))).toEqual(['refund.requested', 'refund.succeeded']);
    expect(canceling).toContain('product.stock-deallocated');
    expect(story).toHaveLength(10);
  });
});

describe('an order that was paid by hand and shipped', () => {
  const correlationId = `shipping-${randomUUID()}`;
  const shipment = { carrier: 'DHL', trackingNumber: 'JD01' };
  let orderId: string;
  let shipped: Answer;

  beforeAll(async () => {
    await stock(operator, 'LAMP', 10);
    const clerk = joinedBy(operator, correlationId);
    orderId = await placeOrder(clerk, 'anna', 'LAMP');
    const payment = { gateway: 'manual', reference: randomUUID(), amount: { amount: 1_250, currency: 'EUR' } };
    await clerk.post(pathOf(orderId, '/payments'), payment, newKey());
    await untilOrderIs('preparing', anna, orderId);
    await eventually(async () => (await timelineOf(orderId)).length === 5);
    shipped = await clerk.post(pathOf(orderId, '/shipments'), shipment);
  });

  it('is on its way, and out of the warehouse', async () => {
    expect(shipped).toMatchObject({ status: 201, body: { status: 'shipped', shipment } });
    expect((await operator.get('/v1/batches/LAMP-1')).body).toMatchObject({ quantity: 10, allocated: 1, shipped: 1 });
  });

  it('is no longer canceled', async () => {
    expect(await cancelOrder(anna, orderId)).toMatchObject({ status: 409, body: { code: 'ORDER_ALREADY_SHIPPED' } });
  });

  it('is told by the event API as one story with one correlation id', async () => {
    const story = await eventually(async () => {
      const events = await storyOf(orderId);
      return events.some(({ type }) => type === 'order.shipped') && events;
    });
    expect(typesOf(story)).toEqual([
      'order.placed',
      'product.stock-allocated',
      'payment.captured',
      'order.paid',
      'customer.purchase-recorded',
      'order.shipped',
    ]);
    expect(new Set(story.map(({ headers }) => headers.correlationId))).toEqual(new Set([correlationId]));
  });
});

describe('an order for what somebody else was faster to buy', () => {
  it('is canceled, and says why', async () => {
    await stock(operator, 'RARE', 1);
    await placeOrder(anna, 'anna', 'RARE');
    const correlationId = `too-late-${randomUUID()}`;
    const orderId = await placeOrder(joinedBy(anna, correlationId), 'anna', 'RARE');

    expect((await anna.get(pathOf(orderId))).body.status).toBe('canceled');
    expect((await anna.get(pathOf(orderId, '/cancellations'))).body.data).toMatchObject([{ reason: 'out_of_stock' }]);
    const told = await eventually(async () => {
      const timeline = await timelineOf(orderId);
      return timeline.length === 3 && timeline;
    });
    expect(told).toEqual(['Order placed with 1 line', 'RARE is out of stock', 'Order canceled: out of stock']);
    const story = await storyOf(orderId);
    expect(typesOf(story)).toEqual(['order.placed', 'product.out-of-stock', 'order.canceled']);
    expect(story.every(({ headers }) => headers.correlationId === correlationId)).toBe(true);
  });
});
