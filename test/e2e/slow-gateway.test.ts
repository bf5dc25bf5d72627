import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { type Service, startService } from '../support/service.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { cancelOrder, openPayment, placeOrder, sandboxOf, stock, untilOrderIs, untilRefunded } from './shop.js';

const ORDERS = 8;
/** What the gateway takes for a refund; how long it is doesn't matter, as long as waiting for it would show. */
const GATEWAY_MS = 2_000;
const LIMIT_MS = 300;

describe('a gateway that takes seconds to answer', () => {
  let database: TestDatabase;
  let service: Service;
  const orderIds: string[] = [];

  beforeAll(async () => {
    database = await createTestDatabase();
    service = await startService({ databaseUrl: database.url, env: { DATA_DIR: await temporaryFolder() } });
    await stock(service.http, 'CHAIR', ORDERS);
    for (let i = 0; i < ORDERS; i++) orderIds.push(await paidOrder());
    await sandboxOf(service).fault({ operation: 'refunds.create', fault: 'slow', delayMs: GATEWAY_MS, times: ORDERS });
  });
  afterAll(async () => {
    await service.stop();
    await database.drop();
  });

  async function paidOrder(): Promise<string> {
    const orderId = await placeOrder(service.http, 'anna', 'CHAIR');
    await sandboxOf(service).pay(await openPayment(service.http, orderId));
    await untilOrderIs('preparing', service.http, orderId);
    return orderId;
  }

  async function msToCancel(orderId: string): Promise<number> {
    const before = performance.now();
    expect((await cancelOrder(service.http, orderId)).status).toBe(201);
    return performance.now() - before;
  }

  it('makes no cancellation wait, and the refunds come all the same', async () => {
    const times: number[] = [];
    for (const orderId of orderIds) times.push(await msToCancel(orderId));
    const { refunds: soFar } = (await sandboxOf(service).book()).effects;
    const slowest = Math.round(Math.max(...times));
    process.stdout.write(
      `slowest of ${ORDERS} cancellations while the gateway takes ${GATEWAY_MS} ms: ${slowest} ms\n`,
    );

    expect(slowest).toBeLessThan(LIMIT_MS);
    expect(soFar).toBe(0);
    for (const orderId of orderIds) await untilRefunded(service.http, orderId);
    expect((await sandboxOf(service).book()).effects).toEqual({ captures: ORDERS, refunds: ORDERS });
  });
});
