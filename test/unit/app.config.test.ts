import { describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { ConfigError, readConfig, variables } from '../../src/app.config.js';

const HASH = 'a'.repeat(64);

describe('an empty environment', () => {
  it('is a complete configuration', () => {
    expect(readConfig({})).toMatchObject({ port: 3000, gatewayTimeoutMs: 10_000, migrate: true, logLevel: 'info' });
  });

  it('is the same as variables that are set to nothing', () => {
    expect(readConfig({ PORT: '', DATABASE_URL: ' ' })).toEqual(readConfig({}));
  });
});

describe('a valid environment', () => {
  it('is read with its units', () => {
    const config = readConfig({
      PORT: '0',
      GATEWAY_TIMEOUT: '250ms',
      MESSAGING_RETRY: '1s, 2m',
      MESSAGING_POLL: 'off',
    });
    expect(config).toMatchObject({
      port: 0,
      gatewayTimeoutMs: 250,
      messagingRetry: [1_000, 120_000],
      messagingPoll: false,
    });
  });

  it('names API keys with their roles', () => {
    expect(readConfig({ AUTH_KEYS: `till:operator:${HASH},shop:integration:${HASH}` }).authKeys).toEqual([
      { name: 'till', role: 'operator', sha256: HASH },
      { name: 'shop', role: 'integration', sha256: HASH },
    ]);
  });
});

describe('a wrong value', () => {
  it.each([
    [{ PORT: 'http' }, 'PORT must be a whole number from 0 to 65535.'],
    [{ PORT: '70000' }, 'PORT must be a whole number from 0 to 65535.'],
    [
      { DATABASE_URL: 'mysql://localhost' },
      'DATABASE_URL must be a URL such as postgres://user:password@localhost:5432/aftercommit.',
    ],
    [{ GATEWAY_TIMEOUT: '10' }, 'GATEWAY_TIMEOUT must be a number with a unit, such as 250ms, 10s, 5m, 2h or 1d.'],
    [{ MESSAGING_RETRY: '1s,soon' }, 'MESSAGING_RETRY must be a number with a unit, such as 250ms, 10s, 5m, 2h or 1d.'],
    [{ MAIL_FROM: 'shop' }, 'MAIL_FROM must be an address such as Shop <shop@example.com>.'],
    [{ MAIL_FROM: 'a@b.example, c@d.example' }, 'MAIL_FROM must be an address such as Shop <shop@example.com>.'],
    [{ LOG_LEVEL: 'loud' }, 'LOG_LEVEL must be fatal, error, warn, info, debug, trace or silent.'],
    [{ STRIPE_SECRET_KEY: 'sk_test_1' }, 'STRIPE_WEBHOOK_SECRET must be set when STRIPE_SECRET_KEY is set.'],
    [{ AUTH_JWKS_URL: 'https://id.example.com/jwks' }, 'AUTH_ISSUER must be set when AUTH_JWKS_URL is set.'],
  ])('%j is named, with what is allowed', (environment, message) => {
    expect(() => readConfig(environment)).toThrow(new ConfigError(message));
  });

  it('is not repeated in the message, since it may be a secret', () => {
    expect(() => readConfig({ AUTH_KEYS: 'hunter2' })).toThrow(expect.not.stringContaining('hunter2'));
    expect(() => readConfig({ STRIPE_SECRET_KEY: 'hunter2' })).toThrow(/^STRIPE_SECRET_KEY must be a secret key/);
  });
});

describe('.env.example', () => {
  it('lists every setting and no other', () => {
    const listed = [...readFileSync('.env.example', 'utf8').matchAll(/^#?([A-Z_]+)=/gm)].map((match) => match[1]);
    expect(listed.toSorted()).toEqual([...variables].toSorted());
  });
});
