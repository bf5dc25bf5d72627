import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createTestDatabase, type TestDatabase } from '../../support/database.js';
import { type Service, startService } from '../../support/service.js';
import { newKey, openPayment, placingOf, sandboxOf, stock, untilOrderIs } from '../shop.js';

describe('an order whose payment is due', () => {
  let database: TestDatabase;
  let service: Service;

  beforeAll(async () => {
    database = await createTestDatabase();
    service = await startService({ databaseUrl: database.url });
    await stock(service.http, 'LAMP', 2);
  });
  afterAll(async () => {
    await service.stop();
    await database.drop();
  });

  async function orderDueIn(ms: number): Promise<string> {
    const paymentDueAt = new Date(Date.now() + ms).toISOString();
    const body = { ...placingOf('anna', 'LAMP'), paymentDueAt };
    return (await service.http.post('/v1/orders', body, { ...newKey(), prefer: 'wait=5' })).body.id as string;
  }

  it('is canceled and gives its stock back when it is unpaid, and goes on when it is paid', async () => {
    const paid = await orderDueIn(3_000);
    await sandboxOf(service).pay(await openPayment(service.http, paid));
    await untilOrderIs('preparing', service.http, paid);
    const unpaid = await orderDueIn(3_000);

    await untilOrderIs('canceled', service.http, unpaid);
    const { data } = (await service.http.get(`/v1/orders/${unpaid}/cancellations`)).body;
    expect(data).toMatchObject([{ reason: 'payment_expired', canceledBy: 'system' }]);
    // Its time to pay was over first.
    expect((await service.http.get(`/v1/orders/${paid}`)).body.status).toBe('preparing');
    const next = await orderDueIn(60_000);
    await untilOrderIs('awaiting_payment', service.http, next);
  });
});
