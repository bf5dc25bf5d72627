import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { RecordManualPayment } from '../../../src/refund/application/record-manual-payment.js';
import { RecordOwed } from '../../../src/refund/application/record-owed.js';
import { RequestRefund } from '../../../src/refund/application/request-refund.js';
import { StaffAndGatewayDecide1764000003200 } from '../../../src/refund/infrastructure/migrations/1764000003200-staff-and-gateway-decide.js';
import { eur } from '../../unit/order/given-order.js';
import { Till } from './till.js';

let till: Till;

beforeAll(async () => {
  till = await Till.open({ deliver: false });
  await till.stock();
});
afterAll(() => till.close());

const everything = async () => ({
  owed: await till.database.query('select * from refund.owed order by 1'),
  payments: await till.database.query('select * from refund.payments order by 1'),
  refunds: await till.database.query('select * from refund.refunds order by 1'),
});

async function backAndForth(): Promise<void> {
  const runner = till.database.createQueryRunner();
  await new StaffAndGatewayDecide1764000003200().down(runner);
  await new StaffAndGatewayDecide1764000003200().up(runner);
  await runner.release();
}

describe('the tables of payments and refunds', () => {
  it('are what TypeORM is told of them', async () => {
    const { upQueries } = await till.database.driver.createSchemaBuilder().log();
    expect(upQueries.map(({ query }) => query).filter((query) => query.includes('"refund"'))).toEqual([]);
  });

  it('come to the same after going back and forth', async () => {
    const orderId = await till.place();
    await till.commands.execute(new RecordOwed(orderId, eur(1_000)));
    const payment = await till.commands.execute(new RecordManualPayment(orderId, randomUUID(), eur(1_000)));
    await till.commands.execute(new RequestRefund(payment, eur(10), { by: 'operator:ben', note: null }));
    const before = await everything();
    await backAndForth();
    expect(await everything()).toEqual(before);
  });

  it('can go back also from what the older version can not name', async () => {
    const orderId = await till.place();
    const payment = await till.commands.execute(new RecordManualPayment(orderId, randomUUID(), eur(1_000)));
    await till.database.query('update refund.payments set refund_total = 1500, over_refunded = 500 where id = $1', [
      payment,
    ]);
    await till.intent(orderId).catch(() => undefined);
    await till.database.query(`update refund.payments set status = 'canceled' where status = 'started'`);
    await backAndForth();
    const [{ total }] = await till.database.query<[{ total: string }]>(
      'select refund_total as total from refund.payments where id = $1',
      [payment],
    );
    expect(Number(total)).toBe(1_000);
  });
});
