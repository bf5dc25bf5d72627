import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Client } from 'pg';
import { createTestDatabase, type TestDatabase } from '../../support/database.js';
import { eventually } from '../../support/eventually.js';
import { type Service, startService } from '../../support/service.js';
import { placeOrder, stock } from '../shop.js';

interface Consumer {
  readonly name: string;
  readonly lag: number;
  readonly generation: number;
  readonly orphaned: boolean;
}

describe('the consumers of a service where an order was placed', () => {
  let database: TestDatabase;
  let service: Service;
  let client: Client;
  let orderId: string;

  beforeAll(async () => {
    database = await createTestDatabase();
    service = await startService({ databaseUrl: database.url });
    client = new Client({ connectionString: database.url });
    await client.connect();
    await stock(service.http, 'LAMP', 10);
    orderId = await placeOrder(service.http, 'c-1', 'LAMP');
  });
  afterAll(async () => {
    await client.end();
    await service.stop();
    await database.drop();
  });

  const consumers = async () => (await service.http.get('/v1/consumers')).body.data as Consumer[];
  const consumer = async (name: string) => (await consumers()).find((each) => each.name === name);
  const timeline = async () => (await service.http.get(`/v1/orders/${orderId}/timeline`)).body.data as unknown[];

  it('are listed with how far they are and what they hold', async () => {
    await eventually(async () => (await consumers()).every(({ lag }) => lag === 0));
    const { head } = (await service.http.get('/v1/events')).body;

    expect(await consumer('order.timeline')).toEqual({
      name: 'order.timeline',
      types: expect.arrayContaining(['order.placed', 'order.canceled']),
      generation: 1,
      position: head,
      lag: 0,
      lagSeconds: 0,
      heldKeys: 0,
      heldMessages: 0,
      deadMessages: 0,
      orphaned: false,
    });
  });

  it('handle everything once more when an operator replays one', async () => {
    await eventually(async () => (await timeline()).length > 1);
    const before = await timeline();
    await client.query('truncate orders.timeline');

    const answer = await service.http.post('/v1/consumers/order.timeline/replay');
    expect(answer).toMatchObject({ status: 202, body: { name: 'order.timeline', generation: 2 } });
    await eventually(async () => (await timeline()).length === before.length);
    expect(await timeline()).toEqual(before);
    expect(service.output()).toContain('operator:local lets order.timeline handle everything once more');
  });

  it('can not be removed while they have code', async () => {
    expect(await service.http.delete('/v1/consumers/order.timeline')).toMatchObject({
      status: 409,
      body: { code: 'CONSUMER_IN_USE' },
    });
    expect(await consumer('order.timeline')).toBeDefined();
  });

  it('are shown as orphaned without code, and can be removed then', async () => {
    await client.query(`insert into messaging.consumer (name, types, start_position) values ('order.old', '{}', 0)`);
    expect(await consumer('order.old')).toMatchObject({ orphaned: true });

    expect((await service.http.delete('/v1/consumers/order.old')).status).toBe(204);
    expect(await consumer('order.old')).toBeUndefined();
  });

  it.each(['POST /v1/consumers/nobody/replay', 'DELETE /v1/consumers/nobody'])(
    'are known by name: %s',
    async (route) => {
      const [method, path] = route.split(' ') as [string, string];
      expect(await service.http.send(method, path)).toMatchObject({
        status: 404,
        body: { code: 'CONSUMER_NOT_FOUND' },
      });
    },
  );
});
