import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import type { Answer } from '../support/http.js';
import { startService, type Service } from '../support/service.js';
import { malformedTexts, misfitsOf, sampleOf } from './malformed.js';
import { neededHeaders, operationsOf, pathOf, type Operation } from './operations.js';

interface Attempt {
  readonly what: string;
  readonly path: string;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Of ids and names in a path, in URL encoding; nothing has one of them. */
const HOSTILE = ['%00', '%ff', '%zz', '%27%22%3B--', '%2e%2e%2f', '%F0%9F%92%A9', 'x'.repeat(200), '-1', '%20'];
const OVER_1_MIB = `{"text":"${'x'.repeat(1024 * 1024)}"}`;

describe('a running service', () => {
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

  const head = async () => ((await service.http.get('/v1/events')).body as { head: number }).head;

  it('answers malformed input to any operation with 4xx Problem Details, and does nothing else', async () => {
    const before = await head();
    const attempts = operations.flatMap(attemptsAt);
    const wrong: string[] = [];
    for (const { operation, what, path, body, headers } of attempts) {
      const answer = await service.http.send(operation.method, path, body, headers);
      const told = `${operation.name} with ${what}: ${answer.status} ${JSON.stringify(answer.body)}`;
      if (!isRefusal(answer)) wrong.push(told);
    }
    process.stdout.write(`${attempts.length} malformed requests to ${operations.length} operations\n`);

    expect(wrong).toEqual([]);
    expect(attempts.length).toBeGreaterThan(operations.length * 3);
    expect(await head()).toBe(before);
    expect(service.output()).not.toContain('"level":"error"');
  });
});

function isRefusal({ status, headers, body }: Answer): boolean {
  const { status: told, code, detail } = body as Record<string, unknown>;
  const complete = told === status && typeof code === 'string' && typeof detail === 'string';
  const isProblem = headers.get('content-type')?.startsWith('application/problem+json') ?? false;
  return status >= 400 && status < 500 && complete && isProblem;
}

function attemptsAt(operation: Operation): (Attempt & { readonly operation: Operation })[] {
  const attempts = [badPaths, badQueries, badHeaders, badBodies].flatMap((attemptsOf) => attemptsOf(operation));
  return attempts.map((attempt) => ({ ...attempt, operation }));
}

function badPaths(operation: Operation): Attempt[] {
  const names = operation.parameters.filter((parameter) => parameter.in === 'path').map(({ name }) => name);
  return names.flatMap((name) =>
    HOSTILE.map((text) => ({ what: `${name}=${text.slice(0, 40)}`, path: pathOf(operation, { [name]: text }) })),
  );
}

function badQueries(operation: Operation): Attempt[] {
  const parameters = operation.parameters.filter((parameter) => parameter.in === 'query');
  const queries = parameters.flatMap(({ name, schema }) => [
    ...malformedTexts(schema).map((text) => `${name}=${text}`),
    `${name}=${encodeURIComponent(String(sampleOf(schema)))}&${name}=${encodeURIComponent(String(sampleOf(schema)))}`,
  ]);
  return [...queries, 'surprise=1'].map((query) => ({
    what: `?${query.slice(0, 60)}`,
    path: `${pathOf(operation)}?${query}`,
    headers: neededHeaders(operation),
  }));
}

function badHeaders(operation: Operation): Attempt[] {
  const needed = neededHeaders(operation);
  const path = pathOf(operation);
  const body = operation.body && sampleOf(operation.body);
  return Object.keys(needed).flatMap((name) => [
    { what: `no ${name}`, path, body, headers: { ...needed, [name]: '' } },
    { what: `a long ${name}`, path, body, headers: { ...needed, [name]: 'k'.repeat(5_000) } },
  ]);
}

function badBodies(operation: Operation): Attempt[] {
  if (['GET', 'DELETE'].includes(operation.method)) return [];
  const headers = neededHeaders(operation);
  const path = pathOf(operation);
  const texts = ['{', '"', '{"a":1', '{"__proto__":{}}', OVER_1_MIB, '['.repeat(100_000)];
  const types = ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x'];
  return [
    ...texts.map((body) => ({ what: body.slice(0, 20), path, body, headers })),
    ...types.map((type) => ({ what: type, path, body: 'a=1', headers: { ...headers, 'content-type': type } })),
    ...misfitsOf(operation.body ?? {}).map((body) => ({
      what: JSON.stringify(body).slice(0, 400),
      path,
      body: JSON.stringify(body),
      headers,
    })),
  ];
}
