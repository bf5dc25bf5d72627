import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Client } from 'pg';
import { createTestDatabase, type TestDatabase } from '../../support/database.js';
import { eventually } from '../../support/eventually.js';
import { type Service, startService } from '../../support/service.js';
import { TcpProxy } from '../../support/tcp-proxy.js';

describe('a service', () => {
  let database: TestDatabase;
  let proxy: TcpProxy;
  let service: Service;
  let client: Client;

  beforeAll(async () => {
    database = await createTestDatabase();
    proxy = await TcpProxy.to(database.url);
    service = await startService({ databaseUrl: proxy.url });
    client = new Client({ connectionString: database.url });
    await client.connect();
  });
  afterAll(async () => {
    await client.end();
    await service.stop();
    await proxy.close();
    await database.drop();
  });

  const ready = () => service.http.get('/health/ready');

  it('is not ready while the log has no room, and is again once it has', async () => {
    expect((await ready()).status).toBe(200);
    await client.query('drop table messaging.event_log_0, messaging.event_log_1, messaging.event_log_2');
    expect(await ready()).toMatchObject({ status: 503, body: { code: 'LOG_NEARLY_FULL' } });
    await client.query('select messaging.make_log_partitions()');
    expect((await ready()).status).toBe(200);
  });

  it('is not ready while PostgreSQL can not be reached, still shows its own metrics, and recovers by itself', async () => {
    const metrics = async () => (await service.http.get('/metrics')).body as string;
    expect(await metrics()).toContain('aftercommit_database_up 1\n');
    proxy.refuse();

    expect(await ready()).toMatchObject({ status: 503, body: { code: 'DATABASE_UNAVAILABLE' } });
    const down = await eventually(async () => {
      const text = await metrics();
      return text.includes('aftercommit_database_up 0\n') && text;
    });
    expect(down).toContain('aftercommit_partitions 16\n');
    expect(down).not.toMatch(/^aftercommit_(oldest_undelivered_event_seconds|consumer_lag_events)\b.* \d/m);
    expect((await service.http.get('/health/live')).status).toBe(200);

    proxy.recover();
    await eventually(async () => (await ready()).status === 200);
    await eventually(async () => (await metrics()).includes('aftercommit_database_up 1\n'));
  });
});
