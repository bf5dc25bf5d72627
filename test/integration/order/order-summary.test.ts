import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ConsumerOverview } from '../../../src/messaging/index.js';
import {
  PaymentDisputeClosed,
  PaymentDisputed,
  PaymentFailed,
  RefundAttentionRaised,
  RefundFailed,
  RefundPending,
  RefundRequested,
  RefundSucceeded,
} from '../../../src/refund/index.js';
import { eventually } from '../../support/eventually.js';
import { eur } from '../../unit/order/given-order.js';
import { OrderDesk } from './order-desk.js';

let desk: OrderDesk;

beforeAll(async () => {
  desk = await OrderDesk.open();
  await desk.stock('LAMP', 1_000);
});
afterAll(() => desk.close());

const at = new Date('2026-03-01T12:00:00Z');

const refundOf = (orderId: string) => {
  const refundId = randomUUID();
  const facts = { refundId, orderId, paymentId: randomUUID(), amount: eur(500) };
  const tell = (event: object) => desk.tell(['refund', refundId], event);
  return {
    requested: () => tell(new RefundRequested({ ...facts, reason: 'canceled', generation: 1, requestedAt: at })),
    pending: () => tell(new RefundPending({ ...facts, gatewayRefundId: 're_1', pendingAt: at })),
    succeeded: () => tell(new RefundSucceeded({ ...facts, gatewayRefundId: 're_1', succeededAt: at })),
    failed: () => tell(new RefundFailed({ ...facts, code: 'bounced', failedAt: at })),
    attention: () => tell(new RefundAttentionRaised({ ...facts, attention: 'bounced', raisedAt: at })),
  };
};
const placed = async () => {
  const id = await desk.place({ sku: 'LAMP', quantity: 1 });
  await desk.messaging.settled();
  return id;
};
const summaryOf = async (id: string) => {
  await desk.messaging.settled();
  return (await desk.queries.get(id)).summary;
};
const found = async (refundStatus: 'none' | 'failed' | 'in_progress' | 'completed' | 'needs_attention') =>
  (await desk.queries.list({ refundStatus, limit: 100 })).data.map(({ id }) => id);

describe('the summary of an order', () => {
  it('follows its stock and its payment', async () => {
    const id = await desk.place({ sku: 'LAMP', quantity: 2 });
    expect((await desk.queries.get(id)).summary).toMatchObject({ payment: 'unpaid', refund: 'none' });
    await desk.messaging.settled();
    expect(await summaryOf(id)).toEqual({ payment: 'unpaid', allocation: 'allocated', refund: 'none' });
    await desk.capture(id, 500);
    expect(await summaryOf(id)).toMatchObject({ payment: 'partly_paid' });
    await desk.capture(id, 1_500);
    expect(await summaryOf(id)).toMatchObject({ payment: 'paid' });
    await desk.cancel(id);
    expect(await summaryOf(id)).toMatchObject({ payment: 'paid', allocation: 'released' });
  });

  it('says what a payment came to that failed or was disputed', async () => {
    const id = await placed();
    const paymentId = randomUUID();
    await desk.tell(
      ['payment', randomUUID()],
      new PaymentFailed({ paymentId: randomUUID(), orderId: id, code: 'x', failedAt: at }),
    );
    expect(await summaryOf(id)).toMatchObject({ payment: 'failed' });
    await desk.capture(id, 1_000, paymentId);
    const dispute = { paymentId, orderId: id, amount: eur(1_000) };
    await desk.tell(['payment', paymentId], new PaymentDisputed({ ...dispute, reason: 'fraudulent', disputedAt: at }));
    expect(await summaryOf(id)).toMatchObject({ payment: 'disputed' });
    await desk.tell(['payment', paymentId], new PaymentDisputeClosed({ ...dispute, outcome: 'won', closedAt: at }));
    expect(await summaryOf(id)).toMatchObject({ payment: 'paid' });
  });

  it('says what became of a refund, whatever that was before', async () => {
    const id = await placed();
    const refund = refundOf(id);
    for (const step of [refund.requested, refund.pending]) await step();
    expect(await summaryOf(id)).toMatchObject({ refund: 'in_progress' });
    await refund.succeeded();
    expect(await summaryOf(id)).toMatchObject({ refund: 'completed' });
    for (const step of [refund.failed, refund.attention]) await step();
    expect(await summaryOf(id)).toMatchObject({ refund: 'needs_attention' });
  });

  it('is found by the refund that counts most, once', async () => {
    const [none, done, twice, mixed] = [await placed(), await placed(), await placed(), await placed()];
    await refundOf(done).succeeded();
    for (const each of [refundOf(twice), refundOf(twice), refundOf(mixed)]) await each.succeeded();
    await refundOf(mixed).failed();
    await desk.messaging.settled();

    expect((await found('completed')).filter((id) => [none, done, twice, mixed].includes(id))).toEqual([twice, done]);
    expect(await found('failed')).toContain(mixed);
    expect(await found('none')).toContain(none);
    expect((await found('none')).filter((id) => [done, twice, mixed].includes(id))).toEqual([]);
  });

  it('comes out the same when it is told again from the beginning', async () => {
    const everything = () =>
      desk.database.query('select order_id, part, id, status, amount, position from orders.summary order by 1, 2, 3');
    const timelines = () => desk.database.query('select event_id, position, text from orders.timeline order by 1');
    const [summaries, entries] = [await everything(), await timelines()];
    expect(summaries.length).toBeGreaterThan(10);

    const overview = desk.app.get(ConsumerOverview, { strict: false });
    const toldAgainAfter = async (loss: string) => {
      await desk.database.query(loss);
      await overview.replay('order.timeline');
      await eventually(async () => (await timelines()).length === entries.length);
      expect([await everything(), await timelines()]).toEqual([summaries, entries]);
    };
    await toldAgainAfter('truncate orders.timeline');
    await toldAgainAfter('truncate orders.timeline, orders.summary');
  });

  it('is kept by many lanes at once without waiting for each other', async () => {
    const ids = await Promise.all(Array.from({ length: 20 }, () => desk.place({ sku: 'LAMP', quantity: 1 })));
    const refunds = ids.flatMap((id) => Array.from({ length: 4 }, () => refundOf(id)));
    await Promise.all(
      refunds.map(async ({ requested, pending, succeeded }) => {
        for (const step of [requested, pending, succeeded]) await step();
      }),
    );
    const summaries = await Promise.all(ids.map(summaryOf));
    expect(new Set(summaries.map(({ refund }) => refund))).toEqual(new Set(['completed']));
    const held = await desk.database.query(
      `select history from messaging.held_message where consumer = 'order.timeline'`,
    );
    expect(held).toEqual([]);
  });
});
