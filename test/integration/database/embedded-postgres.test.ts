import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { dirname, join, resolve } from 'node:path';
import { Client } from 'pg';
import { EmbeddedPostgres } from '../../../src/database/embedded-postgres.js';
import { eventually } from '../../support/eventually.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

const isRoot = process.getuid?.() === 0;

const pidFile = (server: EmbeddedPostgres) => join(server.folder, 'data/postmaster.pid');
const runs = (server: EmbeddedPostgres) => existsSync(pidFile(server));

async function answers(server: EmbeddedPostgres): Promise<boolean> {
  const client = new Client(server.url);
  client.on('error', () => undefined);
  try {
    await client.connect();
    const { rows } = await client.query('SELECT current_database() AS name');
    return rows[0].name === 'aftercommit';
  } finally {
    await client.end();
  }
}

/** A process that uses the server and never says goodbye. */
async function killedUserOf(folder: string): Promise<void> {
  const module = resolve('dist/src/database/embedded-postgres.js');
  const script = `const { EmbeddedPostgres } = await import(${JSON.stringify(module)});
    await EmbeddedPostgres.acquire(${JSON.stringify(folder)}); process.stdout.write('up'); setInterval(() => {}, 1e6);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(child.stdout, 'data');
  child.kill('SIGKILL');
  await once(child, 'exit');
}

describe('a folder without a cluster', () => {
  it('gets one, and a server that stops with its last user', async () => {
    const server = await EmbeddedPostgres.acquire(join(await temporaryFolder(), 'postgres'));
    expect(await answers(server)).toBe(true);
    await server.release();
    expect(runs(server)).toBe(false);
  });

  it('gets one server when two users come at once', async () => {
    const folder = join(await temporaryFolder(), 'postgres');
    const [one, two] = await Promise.all([EmbeddedPostgres.acquire(folder), EmbeddedPostgres.acquire(folder)]);
    expect(one.url).toBe(two.url);
    await one.release();
    expect(await answers(two)).toBe(true);
    await two.release();
    expect(runs(two)).toBe(false);
  });
});

describe('a cluster', () => {
  let folder: string;

  beforeAll(async () => {
    folder = join(await temporaryFolder(), 'postgres');
    await (await EmbeddedPostgres.acquire(folder)).release();
  });

  it('keeps its port, password and data', async () => {
    const before = await EmbeddedPostgres.acquire(folder);
    await before.release();
    const after = await EmbeddedPostgres.acquire(folder);
    expect(after.url).toBe(before.url);
    await after.release();
  });

  it('takes another port when its own is taken', async () => {
    const before = await EmbeddedPostgres.acquire(folder);
    await before.release();
    const stranger = createServer().listen(Number(new URL(before.url).port), '127.0.0.1');
    await once(stranger, 'listening');
    const after = await EmbeddedPostgres.acquire(folder);
    expect(after.url).not.toBe(before.url);
    expect(await answers(after)).toBe(true);
    await after.release();
    stranger.close();
  });

  it('is only for those who know the password', async () => {
    const server = await EmbeddedPostgres.acquire(folder);
    const url = new URL(server.url);
    url.password = 'guessed';
    await expect(new Client(url.href).connect()).rejects.toThrow(/password authentication failed/);
    await server.release();
  });

  it('has its server adopted after its user was killed', async () => {
    await killedUserOf(folder);
    const server = await EmbeddedPostgres.acquire(folder);
    expect(await answers(server)).toBe(true);
    await server.release();
    expect(runs(server)).toBe(false);
  });

  it('has its server started again when that is killed', async () => {
    const server = await EmbeddedPostgres.acquire(folder);
    process.kill(Number(readFileSync(pidFile(server), 'utf8').split('\n')[0]), 'SIGKILL');
    await eventually(() => answers(server));
    await server.release();
    expect(runs(server)).toBe(false);
  });

  it('is not held up by a pid file whose id lives on in another process', async () => {
    const server = await EmbeddedPostgres.acquire(folder);
    await server.release();
    await writeFile(pidFile(server), `${process.pid}\n${server.folder}/data\n1\n5432\n`);
    const next = await EmbeddedPostgres.acquire(folder);
    expect(await answers(next)).toBe(true);
    await next.release();
  });
});

describe('a cluster of another version', () => {
  it('is refused in one line that says why', async () => {
    const folder = join(await temporaryFolder(), 'postgres');
    const server = await EmbeddedPostgres.acquire(folder);
    await server.release();
    await writeFile(join(server.folder, 'data/PG_VERSION'), '14\n');
    await expect(EmbeddedPostgres.acquire(folder)).rejects.toThrow(
      /^The embedded PostgreSQL does not start: .*FATAL.*$/,
    );
  });
});

(isRoot ? describe : describe.skip)('a folder that the server user cannot enter', () => {
  let server: EmbeddedPostgres | undefined;

  afterAll(() => server && rm(dirname(server.folder), { recursive: true, force: true }));

  it('has its cluster elsewhere, always in the same place', async () => {
    const folder = join(await temporaryFolder({ mode: 0o700 }), 'postgres');
    server = await EmbeddedPostgres.acquire(folder);
    expect(server.folder).not.toBe(folder);
    expect(await answers(server)).toBe(true);
    await server.release();
    const again = await EmbeddedPostgres.acquire(folder);
    expect(again.url).toBe(server.url);
    await again.release();
  });
});
