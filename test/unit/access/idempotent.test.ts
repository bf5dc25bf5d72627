import { describe, expect, it } from '@jest/globals';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { fingerprintOf, OncePerKey } from '../../../src/access/idempotent.js';
import {
  IdempotencyInProgressError,
  IdempotencyKeyReusedError,
  IdempotencyKeys,
} from '../../../src/messaging/index.js';

const request = (fields: object = {}) =>
  ({
    method: 'POST',
    url: '/v1/orders',
    headers: { 'idempotency-key': 'key-1' },
    caller: { role: 'customer', id: 'c-1' },
    body: { a: 1 },
    ...fields,
  }) as unknown as FastifyRequest;

function exchange(answer: () => Promise<{ result: string; replayed: boolean }>, fields?: object) {
  const asked: object[] = [];
  const headers: Record<string, string> = {};
  const keys = { once: (scope: object) => (asked.push(scope), answer()) } as unknown as IdempotencyKeys;
  const reply = { header: (name: string, value: string) => (headers[name] = value) } as unknown as FastifyReply;
  const once = () => new OncePerKey(keys).transform({ request: request(fields), reply });
  return { once, asked, headers };
}

describe('a request with an idempotency key', () => {
  it('is kept apart by caller and key, and told from others by its fingerprint', async () => {
    const { once, asked } = exchange(async () => ({ result: 'id-1', replayed: false }));

    expect(await once()(async () => 'id-1')).toBe('id-1');
    expect(asked).toEqual([{ caller: 'customer:c-1', key: 'key-1', fingerprint: fingerprintOf(request()) }]);
  });

  it('says when its answer is a replay, and only then', async () => {
    const first = exchange(async () => ({ result: 'id-1', replayed: false }));
    const second = exchange(async () => ({ result: 'id-1', replayed: true }));

    await first.once()(async () => 'id-1');
    await second.once()(async () => 'id-1');

    expect(first.headers).toEqual({});
    expect(second.headers).toEqual({ 'Idempotency-Replayed': 'true' });
  });

  it.each([
    [new IdempotencyInProgressError(), { code: 'IDEMPOTENCY_IN_PROGRESS', kind: 'conflict' }],
    [new IdempotencyKeyReusedError(), { code: 'IDEMPOTENCY_KEY_REUSED', kind: 'invalid' }],
  ])('is refused for %s', async (error, refusal) => {
    const { once } = exchange(() => Promise.reject(error));

    await expect(once()(async () => 'id-1')).rejects.toMatchObject(refusal);
  });

  it('passes on an error of its own work', async () => {
    const { once } = exchange(() => Promise.reject(new Error('broken')));

    await expect(once()(async () => 'id-1')).rejects.toThrow('broken');
  });
});

describe('a request without a usable idempotency key', () => {
  it.each([[undefined], [''], ['k'.repeat(256)], ['täglich'], [['a', 'b']]])('is refused: %j', (key) => {
    const { once } = exchange(async () => ({ result: 'id-1', replayed: false }), {
      headers: { 'idempotency-key': key },
    });

    expect(once).toThrow(expect.objectContaining({ status: 400 }));
  });
});

describe('the fingerprint of a request', () => {
  it('does not depend on the order of members, at any depth', () => {
    expect(fingerprintOf(request({ body: { a: { x: 1, y: [{ p: 1, q: 2 }] }, b: 2 } }))).toBe(
      fingerprintOf(request({ body: { b: 2, a: { y: [{ q: 2, p: 1 }], x: 1 } } })),
    );
  });

  it.each([
    ['method', { method: 'PUT' }],
    ['path', { url: '/v1/refunds' }],
    ['body', { body: { lines: [1, 2, 3] } }],
    ['order of a list', { body: { lines: [2, 1] } }],
  ])('depends on the %s', (_, fields) => {
    const body = { lines: [1, 2] };

    expect(fingerprintOf(request({ body, ...fields }))).not.toBe(fingerprintOf(request({ body })));
  });
});
