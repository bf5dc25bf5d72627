import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { RecordManualPayment } from '../../../src/refund/application/record-manual-payment.js';
import { RequestRefund } from '../../../src/refund/application/request-refund.js';
import { CountUnfinishedRefunds, ExportPayments } from '../../../src/refund/index.js';
import { RUNS } from '../../support/runs.js';
import { eur } from '../../unit/order/given-order.js';
import { Till } from './till.js';

const ben = { by: 'operator:ben', note: null };

let till: Till;

beforeAll(async () => {
  // Nobody handles what is recorded: this is about what the requests themselves decide.
  till = await Till.open({ deliver: false });
  await till.stock();
});
afterAll(() => till.close());

async function paymentOf(amount: number, orderId: string): Promise<string> {
  return till.commands.execute(new RecordManualPayment(orderId, randomUUID(), eur(amount)));
}

const refund = (paymentId: string, amount: number): Promise<string> =>
  till.commands.execute(new RequestRefund(paymentId, eur(amount), ben)).then(
    () => 'refunded',
    (error: { code: string; extras: { maximumRefundable: object } }) => error.code,
  );

describe('20 parallel refunds of 10 by operators, of a payment of 100', () => {
  it(`succeed 10 times, in ${RUNS} of ${RUNS} runs`, async () => {
    const orderId = await till.place();
    for (let run = 0; run < RUNS; run++) {
      const paymentId = await paymentOf(100, orderId);
      const outcomes = await Promise.all(Array.from({ length: 20 }, () => refund(paymentId, 10)));
      expect(outcomes.filter((outcome) => outcome === 'refunded')).toHaveLength(10);
      expect(outcomes.filter((outcome) => outcome === 'REFUND_EXCEEDS_CAPTURED')).toHaveLength(10);
    }
    const [{ balance, refunds }] = await till.database.query<[{ balance: number; refunds: number }]>(
      `select (select balance::int from refund.owed where order_id = $1) as balance,
              (select sum(amount)::int from refund.refunds where order_id = $1) as refunds`,
      [orderId],
    );
    // Each lowered what is owed with it, in its own transaction; those that were refused lowered nothing.
    expect({ balance, refunds }).toEqual({ balance: -100 * RUNS, refunds: 100 * RUNS });
  }, 180_000);
});

describe('what other modules ask of an order’s money', () => {
  it('is how many refunds have not come to their end, and everything that its customer may read', async () => {
    const [orderId, other] = [await till.place(), await till.place()];
    const paymentId = await paymentOf(100, orderId);
    await refund(paymentId, 10);
    expect(await till.queries.execute(new CountUnfinishedRefunds([orderId, other]))).toBe(1);
    expect(await till.queries.execute(new CountUnfinishedRefunds([other]))).toBe(0);
    expect(await till.queries.execute(new CountUnfinishedRefunds([]))).toBe(0);
    expect(await till.queries.execute(new ExportPayments([orderId, other]))).toEqual([
      expect.objectContaining({
        paymentId,
        orderId,
        captured: eur(100),
        refunds: [expect.objectContaining({ amount: eur(10), reason: 'operator', status: 'requested' })],
      }),
    ]);
    expect(JSON.stringify(await till.queries.execute(new ExportPayments([orderId])))).not.toContain('ben');
  });
});
