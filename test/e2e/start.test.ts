import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { existsSync, statSync } from 'node:fs';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { once } from 'node:events';
import { dirname, join } from 'node:path';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { eventually } from '../support/eventually.js';
import { failedStart, startService } from '../support/service.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const isRoot = process.getuid?.() === 0;
const nobody = { uid: 65534, gid: 65534 };

/** Not below root's own home, for example, which is closed to everybody else. */
const isOpenToOthers = (folder: string): boolean =>
  (statSync(folder).mode & 0o5) === 0o5 && (folder === dirname(folder) || isOpenToOthers(dirname(folder)));

const serverRunsIn = (folder: string) => existsSync(join(folder, 'postgres/data/postmaster.pid'));

describe('a folder without data', () => {
  it('gets a shop with products, on this machine only, and lines that say what to try', async () => {
    const DATA_DIR = await temporaryFolder();
    const service = await startService({ env: { DATA_DIR } });
    expect(new URL(service.url).hostname).toBe('127.0.0.1');
    await eventually(() => service.output().includes(`curl -s ${service.url}/v1/products`));
    const { body } = await service.http.get('/v1/products');
    expect(body.data.map((product: { sku: string }) => product.sku).toSorted()).toEqual(['CHAIR', 'LAMP', 'POSTER']);
    expect(await service.stop()).toBe(0);
  });

  (isRoot && isOpenToOthers(process.cwd()) ? it : it.skip)('gets one from an ordinary user, too', async () => {
    const DATA_DIR = await temporaryFolder({ mode: 0o777 });
    const service = await startService({ env: { DATA_DIR }, user: nobody });
    expect((await service.http.get('/health/ready')).status).toBe(200);
    expect(await service.stop()).toBe(0);
  });
});

describe('a shop on its embedded database', () => {
  let DATA_DIR: string;

  beforeAll(async () => {
    DATA_DIR = await temporaryFolder();
    await (await startService({ env: { DATA_DIR } })).stop();
  });

  it.each(['SIGINT', 'SIGTERM'] as const)('shuts down at %s, its server included', async (signal) => {
    const service = await startService({ env: { DATA_DIR } });
    await service.kill(signal);
    expect(serverRunsIn(DATA_DIR)).toBe(false);
    await expect(fetch(service.url)).rejects.toThrow();
  });

  it('starts after it was killed', async () => {
    await (await startService({ env: { DATA_DIR } })).kill('SIGKILL');
    const service = await startService({ env: { DATA_DIR } });
    expect((await service.http.get('/v1/products')).body.data).toHaveLength(3);
    expect(await service.stop()).toBe(0);
    expect(serverRunsIn(DATA_DIR)).toBe(false);
  });

  it('shares the server with a second instance, and the last one stops it', async () => {
    const [one, two] = await Promise.all([startService({ env: { DATA_DIR } }), startService({ env: { DATA_DIR } })]);
    await one.stop();
    expect((await two.http.get('/health/ready')).status).toBe(200);
    await two.stop();
    expect(serverRunsIn(DATA_DIR)).toBe(false);
  });

  it('starts within 5 seconds by npm start, which builds nothing anew', async () => {
    const started = async () => {
      const before = performance.now();
      const service = await startService({ env: { DATA_DIR }, program: 'scripts/start.mjs' });
      const took = performance.now() - before;
      expect(service.output()).not.toMatch(/Installing|Building/);
      expect(await service.stop()).toBe(0);
      return took;
    };
    // The quickest counts: other tests run beside this one.
    const times = [await started(), await started(), await started()];
    expect(Math.min(...times)).toBeLessThan(5_000);
  }, 60_000);
});

describe('a database without a schema', () => {
  let database: TestDatabase;

  beforeAll(async () => {
    database = await createTestDatabase({ migrated: false });
  });

  afterAll(() => database.drop());

  it('is refused when migrations are to be run by somebody else', async () => {
    const { code, errors } = await failedStart({ databaseUrl: database.url, env: { MIGRATE: 'off' } });
    expect({ code, lines: errors.trim().split('\n').length }).toEqual({ code: 1, lines: 1 });
    expect(errors).toMatch(/^MIGRATE is off and migrations are pending: CreateMessaging1764000000000, /);
  });

  it('is migrated once by two instances that start together', async () => {
    const [one, two] = await Promise.all([
      startService({ databaseUrl: database.url }),
      startService({ databaseUrl: database.url }),
    ]);
    const ready = await Promise.all([one.http.get('/health/ready'), two.http.get('/health/ready')]);
    expect(ready.map(({ status }) => status)).toEqual([200, 200]);
    expect((await one.http.get('/v1/products')).body.data).toEqual([]);
    await Promise.all([one.stop(), two.stop()]);
  });
});

describe('a shop whose database goes away', () => {
  it('lives, but is not ready', async () => {
    const database = await createTestDatabase();
    const service = await startService({ databaseUrl: database.url });
    await database.drop();
    const answer = await eventually(async () => {
      const ready = await service.http.get('/health/ready');
      return ready.status === 503 && ready;
    });
    expect(answer.body).toMatchObject({ code: 'DATABASE_UNAVAILABLE' });
    expect((await service.http.get('/health/live')).status).toBe(200);
    await service.kill();
  });
});

describe('a start that cannot succeed', () => {
  let database: TestDatabase;
  let stranger: Server;

  beforeAll(async () => {
    database = await createTestDatabase();
    stranger = createServer().listen(0, '127.0.0.1');
    await once(stranger, 'listening');
  });

  afterAll(async () => {
    stranger.close();
    await database.drop();
  });

  const port = () => String((stranger.address() as AddressInfo).port);

  it.each([
    ['a wrong setting', () => ({ env: { PORT: 'http' } }), /^PORT must be a whole number from 0 to 65535\.$/],
    [
      'a taken port',
      () => ({ databaseUrl: database.url, env: { PORT: port() } }),
      /^Port \d+ is taken; choose another with PORT\.$/,
    ],
    [
      'a database that is not there',
      () => ({ databaseUrl: 'postgres://nobody@127.0.0.1:1/nothing' }),
      /^PostgreSQL can't be reached at 127\.0\.0\.1:1\/nothing: .*ECONNREFUSED/,
    ],
  ])('ends at %s with one line and exit code 1', async (_reason, options, line) => {
    const { code, errors } = await failedStart(options());
    expect(errors.trim()).toMatch(line);
    expect({ code, lines: errors.trim().split('\n').length }).toEqual({ code: 1, lines: 1 });
  });
});
