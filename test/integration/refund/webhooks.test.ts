import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually } from '../../support/eventually.js';
import { type Account, Till, TOTAL } from './till.js';

let till: Till;

beforeAll(async () => {
  till = await Till.open();
  await till.stock();
});
afterEach(() => till.sandbox.clearFaults());
afterAll(() => till.close());

/** Whatever an order's money can go through; each asks `told` to wait until the shop has heard of what it builds on. */
const STORIES: Record<
  string,
  (told: (orderId: string, account: Partial<Account>) => Promise<void>) => Promise<string>
> = {
  'is paid': async (told) => {
    const { orderId } = await till.paid();
    await told(orderId, { captured: TOTAL });
    return orderId;
  },
  'is paid and canceled': async (told) => {
    const { orderId } = await till.paid();
    await till.cancel(orderId);
    await told(orderId, { captured: TOTAL, refunds: [`canceled succeeded ${TOTAL}`] });
    return orderId;
  },
  'is declined, paid twice, and a line of it is canceled': async (told) => {
    const orderId = await till.place();
    const [first, second] = [await till.intent(orderId), await till.intent(orderId)];
    await till.sandbox.pay(first, { declined: true });
    await till.sandbox.pay(first);
    await told(orderId, { captured: TOTAL });
    await till.sandbox.pay(second);
    await told(orderId, { captured: 2 * TOTAL, refunds: [`overpaid succeeded ${TOTAL}`] });
    await till.cancelLines(orderId, 400);
    await told(orderId, { refunds: ['lines_canceled succeeded 400', `overpaid succeeded ${TOTAL}`], owed: 600 });
    return orderId;
  },
  'has a refund that is pending, and bounces in the end': async (told) => {
    const { orderId } = await till.paid();
    await told(orderId, { captured: TOTAL });
    await till.sandbox.fault({ operation: 'refunds.create', fault: 'pending' });
    await till.cancel(orderId);
    await told(orderId, { refunds: [`canceled pending ${TOTAL}`] });
    const id = await gatewayRefundOf(orderId);
    await till.sandbox.settle(id, 'succeeded');
    await told(orderId, { refunds: [`canceled succeeded ${TOTAL}`] });
    await till.sandbox.settle(id, 'failed');
    await told(orderId, { refunds: [`canceled failed ${TOTAL} bounced`] });
    return orderId;
  },
  'is refunded in the dashboard, and canceled': async (told) => {
    const { orderId, intent } = await till.paid();
    await till.sandbox.refundInDashboard(intent, 300);
    await told(orderId, { refunds: ['gateway succeeded 300'], owed: 700 });
    await till.cancel(orderId);
    await told(orderId, { refunds: ['canceled succeeded 700', 'gateway succeeded 300'], owed: 0 });
    return orderId;
  },
  'is disputed and canceled, and the dispute is won': async (told) => {
    const { orderId, intent } = await till.paid();
    const dispute = await till.sandbox.dispute(intent);
    await told(orderId, { captured: TOTAL });
    await eventually(() => disputed(orderId));
    await till.cancel(orderId);
    await told(orderId, { owed: 0, refunds: [] });
    await till.sandbox.closeDispute(dispute, 'won');
    await told(orderId, { refunds: [`canceled succeeded ${TOTAL}`] });
    return orderId;
  },
};

async function gatewayRefundOf(orderId: string): Promise<string> {
  const rows = await till.database.query<[{ id: string }]>(
    'select gateway_refund_id as id from refund.refunds where order_id = $1',
    [orderId],
  );
  return rows[0].id;
}

async function disputed(orderId: string): Promise<boolean> {
  const rows = await till.database.query<object[]>(
    `select 1 from refund.payments where order_id = $1 and attention = 'disputed'`,
    [orderId],
  );
  return rows.length > 0;
}

type Told = (orderId: string, account: Partial<Account>) => Promise<void>;
const byWebhook: Told = (orderId, account) => till.until(orderId, account, 30_000);

async function endOf(story: string, told: Told = byWebhook): Promise<Account> {
  return till.account(await STORIES[story]!(told));
}

describe.each(Object.keys(STORIES))('an order that %s', (story) => {
  it('ends the same when every webhook comes twice and out of order', async () => {
    const once = await endOf(story);
    await till.sandbox.fault({ operation: 'webhook', fault: 'shuffled', times: 10_000, delayMs: 300 });
    expect(await endOf(story)).toEqual(once);
    await till.messaging.settled();
  }, 90_000);
});

describe('an order of which no webhook tells', () => {
  it.each(Object.keys(STORIES))(
    'and that %s: the reconciliation brings it to the same end',
    async (story) => {
      await till.sandbox.fault({ operation: 'webhook', fault: 'dropped', times: 100_000 });
      // The reconciliation comes again and again, an hour later each time.
      let isOver = false;
      const reconciling = (async () => {
        while (!isOver) {
          await till.reconcile();
          await till.messaging.settled();
        }
      })();
      try {
        const end = await endOf(story);
        await till.sandbox.clearFaults();
        expect(end).toEqual(await endOf(story));
      } finally {
        isOver = true;
        await reconciling;
      }
    },
    90_000,
  );
});

describe('a refund that the gateway does not know of', () => {
  it('is found by the comparison of the books, and needs a person', async () => {
    const { orderId } = await till.paid();
    await till.cancel(orderId);
    await till.until(orderId, { refunds: [`canceled succeeded ${TOTAL}`] });
    await till.database.query(
      `update refund.refunds set gateway_refund_id = 're_lost', changed_at = changed_at - interval '1 hour'
        where order_id = $1`,
      [orderId],
    );
    await till.reconcile();
    await till.until(orderId, { refunds: [`canceled succeeded ${TOTAL} differs_from_gateway`] });
  }, 60_000);
});
