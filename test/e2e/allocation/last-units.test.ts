import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Client } from 'pg';
import { createTestDatabase, type TestDatabase } from '../../support/database.js';
import { eventually } from '../../support/eventually.js';
import { startService, type Service } from '../../support/service.js';
import { newKey, placingOf, stock } from '../shop.js';

const ORDERS = 200;
const UNITS = 50;

describe(`${ORDERS} orders at once for ${UNITS} units, at two instances`, () => {
  let database: TestDatabase;
  let client: Client;
  let services: Service[];

  beforeAll(async () => {
    database = await createTestDatabase();
    client = new Client({ connectionString: database.url });
    await client.connect();
    services = [await startService({ databaseUrl: database.url })];
    services.push(await startService({ databaseUrl: database.url }));
    await stock(services[0]!.http, 'LAST', UNITS);
  });
  afterAll(async () => {
    await Promise.all(services.map((service) => service.stop()));
    await client.end();
    await database.drop();
  });

  const statuses = async () => {
    const { rows } = await client.query<{ status: string; orders: number }>(
      'SELECT status, count(*)::int AS orders FROM orders.orders GROUP BY status ORDER BY status',
    );
    return rows;
  };

  it(`allocate exactly ${UNITS}, and cancel the others as out of stock, without an error or a deadlock`, async () => {
    const answers = await Promise.all(
      Array.from({ length: ORDERS }, (_, i) =>
        services[i % 2]!.http.post('/v1/orders', placingOf(`customer-${i}`, 'LAST'), newKey()),
      ),
    );
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 201));

    await eventually(
      async () => {
        expect(await statuses()).toEqual([
          { status: 'awaiting_payment', orders: UNITS },
          { status: 'canceled', orders: ORDERS - UNITS },
        ]);
        return true;
      },
      { within: 90_000 },
    );

    const { rows } = await client.query(`SELECT DISTINCT cancellations -> 0 ->> 'reason' AS reason
      FROM orders.orders WHERE status = 'canceled'`);
    expect(rows).toEqual([{ reason: 'out_of_stock' }]);
    const [http] = services.map((service) => service.http);
    expect((await http!.get('/v1/batches/LAST-1')).body).toMatchObject({ quantity: UNITS, allocated: UNITS });
    expect((await http!.get('/v1/stock-check')).body).toEqual({ data: [] });
    expect((await http!.get('/v1/dead-letters')).body.data).toEqual([]);
    const { rows: deadlocks } = await client.query(
      'SELECT deadlocks::int FROM pg_stat_database WHERE datname = current_database()',
    );
    expect(deadlocks).toEqual([{ deadlocks: 0 }]);
    for (const service of services) expect(service.output()).not.toContain('"level":"error"');
  }, 150_000);
});
