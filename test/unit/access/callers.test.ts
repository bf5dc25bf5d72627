import { createHash } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { Callers } from '../../../src/access/callers.js';
import { readConfig } from '../../../src/app.config.js';

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
const bearer = (credential: string) => ({ authorization: `Bearer ${credential}` });

describe('with neither keys nor an issuer configured', () => {
  const callers = new Callers(readConfig({}));

  it('takes every caller as operator', async () => {
    expect(await callers.identify({})).toEqual({ role: 'operator', id: 'local' });
  });

  it('takes a caller who names a customer as that customer', async () => {
    expect(await callers.identify({ 'x-customer-id': 'c-1' })).toEqual({ role: 'customer', id: 'c-1' });
  });
});

describe('with API keys configured', () => {
  const AUTH_KEYS = `warehouse:integration:${sha256('key-1')},ann:operator:${sha256('key-2')}`;
  const callers = new Callers(readConfig({ AUTH_KEYS }));

  it('knows the holder of a key, in either header', async () => {
    expect(await callers.identify(bearer('key-1'))).toEqual({ role: 'integration', id: 'warehouse' });
    expect(await callers.identify({ 'x-api-key': 'key-2' })).toEqual({ role: 'operator', id: 'ann' });
  });

  it.each([
    ['no credential', {}],
    ['a name without a key', { 'x-customer-id': 'c-1' }],
    ['another key', bearer('key-3')],
    ['a hash in place of its key', bearer(sha256('key-1'))],
    ['another scheme', { authorization: 'Basic a2V5LTE=' }],
    ['an empty key', { 'x-api-key': '' }],
  ])('knows nobody by %s', async (_, headers) => {
    expect(await callers.identify(headers)).toBeUndefined();
  });
});

describe('with an issuer of tokens configured', () => {
  let server: Server;
  let callers: Callers;
  let keys: Awaited<ReturnType<typeof generateKeyPair>>;

  beforeAll(async () => {
    keys = await generateKeyPair('ES256');
    const published = { keys: [{ ...(await exportJWK(keys.publicKey)), kid: 'k1', alg: 'ES256' }] };
    server = createServer((_, response) => response.end(JSON.stringify(published)));
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
    const { port } = server.address() as AddressInfo;
    callers = new Callers(
      readConfig({
        AUTH_JWKS_URL: `http://127.0.0.1:${port}/`,
        AUTH_ISSUER: 'https://id.example',
        AUTH_AUDIENCE: 'shop',
      }),
    );
  });
  afterAll(() => new Promise((closed) => server.close(closed)));

  const claims = { sub: 'c-1', iss: 'https://id.example', aud: 'shop', exp: 4_102_444_800 };
  const signed = (payload: object, key = keys.privateKey) =>
    new SignJWT({ ...payload }).setProtectedHeader({ alg: 'ES256', kid: 'k1' }).sign(key);

  it('knows a customer by the subject of a token', async () => {
    expect(await callers.identify(bearer(await signed(claims)))).toEqual({ role: 'customer', id: 'c-1' });
  });

  it.each<[string, () => Promise<string>]>([
    ['a token that has expired', () => signed({ ...claims, exp: 1 })],
    ['a token that never expires', () => signed({ ...claims, exp: undefined })],
    ['a token of another issuer', () => signed({ ...claims, iss: 'https://other.example' })],
    ['a token for another audience', () => signed({ ...claims, aud: 'bank' })],
    ['a token without a subject', () => signed({ ...claims, sub: undefined })],
    ['a token signed by another key', async () => signed(claims, (await generateKeyPair('ES256')).privateKey)],
    [
      'a token signed by a shared secret',
      () =>
        new SignJWT(claims)
          .setProtectedHeader({ alg: 'HS256', kid: 'k1' })
          .sign(new TextEncoder().encode('x'.repeat(32))),
    ],
    [
      'an unsigned token',
      async () => `${Buffer.from('{"alg":"none"}').toString('base64url')}.${(await signed(claims)).split('.')[1]}.`,
    ],
    ['what is no token', async () => 'hello'],
  ])('knows nobody by %s', async (_, token) => {
    expect(await callers.identify(bearer(await token()))).toBeUndefined();
  });

  it('knows a customer by the longest id that one can register or order with', async () => {
    const sub = 'x'.repeat(100);
    expect(await callers.identify(bearer(await signed({ ...claims, sub })))).toEqual({ role: 'customer', id: sub });
  });

  it.each([
    ['is longer than the id of an order can be', 'x'.repeat(101)],
    ['no text column takes', 'a\u0000'],
    ['has a space', 'a b'],
  ])('says so when a token is genuine, but its subject %s', async (_, sub) => {
    await expect(callers.identify(bearer(await signed({ ...claims, sub })))).rejects.toMatchObject({
      code: 'TOKEN_SUBJECT_INVALID',
      kind: 'forbidden',
    });
  });

  it('says so when the keys cannot be fetched, instead of calling the token false', async () => {
    const unreachable = new Callers(
      readConfig({ AUTH_JWKS_URL: 'http://127.0.0.1:1/', AUTH_ISSUER: 'https://id.example', AUTH_AUDIENCE: 'shop' }),
    );

    await expect(unreachable.identify(bearer(await signed(claims)))).rejects.toMatchObject({
      code: 'KEY_SERVER_UNAVAILABLE',
      kind: 'unavailable',
    });
  });
});
