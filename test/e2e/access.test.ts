import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { HttpClient } from '../support/http.js';
import { startService, type Service } from '../support/service.js';
import { createIdentities } from './identities.js';
import { operationsOf, pathOf, type Operation } from './operations.js';
import { placeOrder, placingOf, stock } from './shop.js';

describe('a service that knows its callers', () => {
  let database: TestDatabase;
  let identities: Awaited<ReturnType<typeof createIdentities>>;
  let service: Service;
  let operations: Operation[];
  let callers: Record<'nobody' | 'customer' | 'operator' | 'integration', HttpClient>;

  beforeAll(async () => {
    [database, identities] = await Promise.all([createTestDatabase(), createIdentities()]);
    service = await startService({ databaseUrl: database.url, env: identities.env });
    operations = await operationsOf(service.http);
    callers = {
      nobody: service.http,
      customer: service.http.with(await identities.customer('c-1')),
      operator: service.http.with(identities.operator),
      integration: service.http.with(identities.integration),
    };
  });
  afterAll(async () => {
    await service.stop();
    await identities.close();
    await database.drop();
  });

  /** `in`, or how the caller was kept out. */
  const verdictOn = async (caller: HttpClient, operation: Operation) => {
    const { status } = await caller.send(operation.method, pathOf(operation));
    return status === 401 || status === 403 ? status : 'in';
  };

  it('lets each role into exactly the operations that name it', async () => {
    const matrix = await Promise.all(
      operations.flatMap((operation) =>
        (['customer', 'operator', 'integration'] as const).map(async (role) => {
          const named = operation.roles.includes(role) || operation.roles.includes('public');
          const [verdict, expected] = [await verdictOn(callers[role], operation), named ? 'in' : 403];
          return { cell: `${role} ${operation.name}`, verdict, expected };
        }),
      ),
    );
    process.stdout.write(`${matrix.length} cells of route × role\n`);

    expect(matrix.filter(({ verdict, expected }) => verdict !== expected)).toEqual([]);
    expect(matrix.filter(({ expected }) => expected === 403).length).toBeGreaterThan(0);
  });

  it('lets nobody without a credential into anything but the public operations', async () => {
    const verdicts = await Promise.all(
      operations.map(async (operation) => ({
        name: operation.name,
        verdict: await verdictOn(callers.nobody, operation),
        expected: operation.roles.includes('public') ? 'in' : 401,
      })),
    );

    expect(verdicts.filter(({ verdict, expected }) => verdict !== expected)).toEqual([]);
  });

  it('asks for a credential as HTTP demands, and believes no bare name', async () => {
    const answer = await callers.nobody.get('/v1/orders', { 'x-customer-id': 'c-1' });

    expect(answer.status).toBe(401);
    expect(answer.headers.get('www-authenticate')).toBe('Bearer');
    expect(answer.body).toMatchObject({ code: 'UNAUTHORIZED', status: 401 });
  });

  describe('with an order of one customer', () => {
    let orderId: string;
    let owner: HttpClient;
    let other: HttpClient;

    beforeAll(async () => {
      owner = service.http.with(await identities.customer('owner'));
      other = service.http.with(await identities.customer('other'));
      await stock(callers.operator, 'LAMP', 10);
      orderId = await placeOrder(owner, 'owner', 'LAMP');
    });

    it('shows it to its owner and to operators', async () => {
      expect((await owner.get(`/v1/orders/${orderId}`)).status).toBe(200);
      expect((await callers.operator.get(`/v1/orders/${orderId}`)).status).toBe(200);
      expect((await owner.get('/v1/orders')).body.data).toMatchObject([{ id: orderId }]);
    });

    it('is unknown to another customer in every operation on it', async () => {
      const bodies: Record<string, object> = {
        'POST /v1/orders/{id}/cancellations': { reason: 'customer' },
        'POST /v1/orders/{id}/payments': { gateway: 'sandbox' },
        'PUT /v1/orders/{id}/shipping-info': placingOf('other', 'LAMP').shippingInfo,
      };
      const onIt = operations.filter(
        ({ path, roles }) => path.startsWith('/v1/orders/{id}') && roles.includes('customer'),
      );
      const answers = await Promise.all(
        onIt.map(async ({ name, method, ...operation }) => {
          const path = pathOf({ name, method, ...operation }, { id: orderId });
          const { status } = await other.send(method, path, bodies[name], {
            'idempotency-key': randomUUID(),
            'if-match': '"1"',
          });
          return [name, status];
        }),
      );

      expect(answers).toEqual(onIt.map(({ name }) => [name, 404]));
      expect((await other.get('/v1/orders')).body).toMatchObject({ data: [] });
      expect((await owner.get(`/v1/orders/${orderId}`)).body.status).not.toBe('canceled');
    });

    it('is not to be placed in the name of somebody else', async () => {
      await expect(placeOrder(other, 'owner', 'LAMP')).rejects.toThrow('403');
    });

    it('carries its customer, and the correlation id of the request, in the event of the placing', async () => {
      const { events } = (await callers.integration.get(`/v1/events?sourceId=${orderId}&type=order.placed`)).body;

      expect(events).toMatchObject([{ headers: { actor: 'customer:owner', correlationId: expect.any(String) } }]);
    });
  });
});
