import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { startService, type Service } from '../support/service.js';
import { operationsOf, type Operation } from './operations.js';

describe('the description at /openapi.json', () => {
  let database: TestDatabase;
  let service: Service;
  let operations: Operation[];

  beforeAll(async () => {
    database = await createTestDatabase();
    service = await startService({ databaseUrl: database.url });
    operations = await operationsOf(service.http);
  });
  afterAll(async () => {
    await service.stop();
    await database.drop();
  });

  const without = (test: (operation: Operation) => unknown) =>
    operations.filter((operation) => !test(operation)).map(({ name }) => name);

  it('is OpenAPI 3.1', async () => {
    expect((await service.http.get('/openapi.json')).body).toMatchObject({ openapi: '3.1.0' });
  });

  it('says of every operation in a few words what it does, by an id of its own', () => {
    expect(without(({ summary }) => summary)).toEqual([]);
    expect(new Set(operations.map(({ operationId }) => operationId)).size).toBe(operations.length);
  });

  it('names who may call each operation', () => {
    const known = ['customer', 'operator', 'integration', 'public'];

    expect(without(({ roles }) => roles.length > 0 && roles.every((role) => known.includes(role)))).toEqual([]);
  });

  it('describes every body, parameter and error', () => {
    const writes = (method: string) => ['PUT', 'PATCH'].includes(method);

    expect(without(({ method, body }) => !writes(method) || body)).toEqual([]);
    expect(
      without(({ path, parameters }) => named(path).every((name) => parameters.some((each) => each.name === name))),
    ).toEqual([]);
    expect(without(({ responses }) => 'default' in responses)).toEqual([]);
  });

  it.each(['POST /v1/orders', 'POST /v1/orders/{id}/cancellations', 'POST /v1/orders/{id}/payments'])(
    'demands an idempotency key where an order is made or money moves: %s',
    (name) => {
      const operation = operations.find((each) => each.name === name);

      expect(operation?.parameters).toContainEqual(
        expect.objectContaining({ in: 'header', name: 'Idempotency-Key', required: true }),
      );
    },
  );

  it('can be read at /docs without a network', async () => {
    const page = await service.http.get('/docs');
    const own = [...String(page.body).matchAll(/(?:src|href)="([^"]+)"/g)].map(([, link]) => link ?? '');

    expect(own.filter((link) => /^(https?:)?\/\//.test(link))).toEqual([]);
    const answers = await Promise.all(own.map((link) => fetch(new URL(link, `${service.url}/docs`))));
    expect(answers.map(({ status }) => status)).toEqual(own.map(() => 200));
    expect(own.length).toBeGreaterThan(2);
  });
});

const named = (path: string) => [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
