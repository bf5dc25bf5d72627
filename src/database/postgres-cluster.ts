import { execFileSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { chown, mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { platform } from 'node:os';
import { join } from 'node:path';
import { EmbeddedPostgresError, run, type Installation } from './postgres-binaries.js';

export type ServerSettings = Readonly<Record<string, string | number>>;

const SETTINGS: ServerSettings = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  // Several instances and a test run share one server; an idle connection costs little.
  max_connections: 200,
  timezone: 'UTC',
};

/**
 * A data folder and the server on it. Nothing here is guarded by a lock of ours: a cluster appears by one rename, and
 * PostgreSQL itself lets only one server work on a data folder. So two instances may do all of this at once.
 */
export class PostgresCluster {
  readonly #data: string;
  readonly #log: string;

  constructor(
    private readonly installation: Installation,
    private readonly settings: ServerSettings = {},
  ) {
    this.#data = join(installation.home, 'data');
    this.#log = join(installation.home, 'server.log');
  }

  get home(): string {
    return this.installation.home;
  }

  async password(): Promise<string> {
    return (await readFile(join(this.home, 'password'), 'utf8')).trim();
  }

  /** Every other user of this machine can reach a port on 127.0.0.1, hence a password instead of `trust`. */
  async initialise(): Promise<void> {
    if (existsSync(this.home)) return;
    const { user } = this.installation;
    const partial = await mkdtemp(`${this.home}.`);
    const password = join(partial, 'password');
    await mkdir(join(partial, 'data'), { mode: 0o700 });
    await writeFile(password, `${randomBytes(18).toString('base64url')}\n`, { mode: 0o600 });
    if (user) for (const path of [partial, join(partial, 'data'), password]) await chown(path, user.uid, user.gid);
    const encoding = ['--encoding=UTF8', '--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8'];
    const access = ['--username=postgres', '--auth=scram-sha-256', `--pwfile=${password}`];
    await this.program('initdb', [`--pgdata=${join(partial, 'data')}`, ...encoding, ...access], partial);
    await rename(partial, this.home).catch(async (error: Error) => {
      await rm(partial, { recursive: true });
      const madeByAnotherInstance = existsSync(this.home);
      if (!madeByAnotherInstance) throw error;
    });
  }

  /** The port of the server that runs, or is about to. */
  runningPort(): number | undefined {
    const [pid, , , port] = this.pidFile();
    return pid && port && this.isOurServer(pid) ? Number(port) : undefined;
  }

  /** Detached, in a session of its own: Ctrl-C in the terminal doesn't reach it. */
  async start(): Promise<void> {
    this.removeStalePidFile();
    const settings = Object.entries({ ...SETTINGS, port: await this.freePort(), ...this.settings });
    const options = settings.map(([name, value]) => `-c ${name}=${value}`).join(' ');
    await this.program('pg_ctl', ['start', '-s', '-w', '-D', this.#data, '-l', this.#log, '-o', options]).catch(() => {
      throw new EmbeddedPostgresError(`The embedded PostgreSQL does not start: ${this.lastLogLine()} (${this.#log})`);
    });
  }

  async stop(): Promise<void> {
    await this.program('pg_ctl', ['stop', '-s', '-w', '-m', 'fast', '-D', this.#data]);
  }

  private program(name: 'initdb' | 'pg_ctl', args: string[], cwd = this.home): Promise<void> {
    return run(this.installation.program(name), args, { user: this.installation.user, cwd });
  }

  private pidFile(): string[] {
    const path = join(this.#data, 'postmaster.pid');
    return existsSync(path) ? readFileSync(path, 'utf8').split('\n') : [];
  }

  /**
   * PostgreSQL clears the pid file of a killed server by itself, unless the id lives on in another process. It also
   * refuses a second server by way of its shared memory, so that removing a fresh file in a race harms no data.
   */
  private removeStalePidFile(): void {
    const [pid] = this.pidFile();
    if (pid && !this.isOurServer(pid)) rmSync(join(this.#data, 'postmaster.pid'), { force: true });
  }

  private isOurServer(pid: string): boolean {
    try {
      return commandLine(pid).includes(` -D ${this.#data} `);
    } catch {
      return false;
    }
  }

  /** The same port at each start if it is free, below the range from which systems take ports for clients. */
  private async freePort(): Promise<number> {
    const preferred = 20_000 + (createHash('sha256').update(this.home).digest().readUInt16BE() % 10_000);
    return (await listenOnce(preferred)) ?? (await listenOnce(0)) ?? preferred;
  }

  private lastLogLine(): string {
    const lines = existsSync(this.#log) ? readFileSync(this.#log, 'utf8').trim().split('\n') : [];
    return lines.findLast((line) => line.includes('FATAL')) ?? lines.at(-1) ?? 'no log was written';
  }
}

function commandLine(pid: string): string {
  if (platform() === 'linux') return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
  return execFileSync('ps', ['-o', 'command=', '-p', pid], { encoding: 'utf8' });
}

function listenOnce(port: number): Promise<number | undefined> {
  return new Promise((settle) => {
    const server = createServer().on('error', () => settle(undefined));
    server.listen(port, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => settle(typeof address === 'object' ? address?.port : undefined));
    });
  });
}
