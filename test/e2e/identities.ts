import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';

const ISSUER = 'https://id.example';
const AUDIENCE = 'shop';
const KEYS = { operator: 'an-operators-key', integration: 'an-integrations-key' };

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

/** Callers of each role, the issuer of the customers' tokens, and what the service must be told of them. */
export async function createIdentities() {
  const { privateKey, publicKey } = await generateKeyPair('ES256');
  const published = JSON.stringify({ keys: [{ ...(await exportJWK(publicKey)), kid: 'k1', alg: 'ES256' }] });
  const server = createServer((_, response) => response.end(published));
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const { port } = server.address() as AddressInfo;

  const signed = (customerId: string) =>
    new SignJWT().setProtectedHeader({ alg: 'ES256', kid: 'k1' }).setSubject(customerId).setExpirationTime('1h');
  const env = {
    AUTH_KEYS: `ann:operator:${sha256(KEYS.operator)},warehouse:integration:${sha256(KEYS.integration)}`,
    AUTH_JWKS_URL: `http://127.0.0.1:${port}/`,
    AUTH_ISSUER: ISSUER,
    AUTH_AUDIENCE: AUDIENCE,
    HOST: '127.0.0.1',
  };
  return {
    env,
    operator: { 'x-api-key': KEYS.operator },
    integration: { authorization: `Bearer ${KEYS.integration}` },
    customer: async (id: string) => {
      const token = await signed(id).setIssuer(ISSUER).setAudience(AUDIENCE).sign(privateKey);
      return { authorization: `Bearer ${token}` };
    },
    close: () => new Promise((closed) => server.close(closed)),
  };
}
