import { createHash } from 'node:crypto';
import { EventEmitter, once } from 'node:events';
import { createServer } from 'node:net';
import { join, resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { variables } from '../../dist/src/app.config.js';
import { DatabaseProxy } from './database-proxy.mjs';
import { end, hasEnded, listening, startChild, tell } from './children.mjs';

const PRELOAD = resolve(import.meta.dirname, '../preload.mjs');
export const KEYS = { operator: 'chaos-operator', integration: 'chaos-warehouse' };
const hash = (key) => createHash('sha256').update(key).digest('hex');

/** In vain, one after the other, until a run ends; an outage of PostgreSQL costs a few. */
const STARTS = 15;
/** Of a shutdown; the service ends itself after 20 s. */
const SHUTDOWN_LIMIT_MS = 25_000;
/** Short, so that what faults cost shows within a run; retries go on for longer than any fault lasts. */
const RETRY = '1s,1s,2s,3s,5s,5s,5s,10s,10s,10s,10s,10s,10s';
export const SETTINGS = {
  MESSAGING_LEASE: '5s',
  MESSAGING_RETRY: RETRY,
  REFUND_RETRY: RETRY,
  MAIL_RETRY: RETRY,
  GATEWAY_TIMEOUT: '3s',
  LOG_LEVEL: 'info',
  MIGRATE: 'off',
  AUTH_KEYS: `clerk:operator:${hash(KEYS.operator)},warehouse:integration:${hash(KEYS.integration)}`,
  HOST: '127.0.0.1',
};

/**
 * One instance of the service, started again whenever it has died. Says when it is `up`, when it has `reached` a seam
 * where something was to happen, and when it `died`.
 */
export class Instance extends EventEmitter {
  #options;
  #child;
  #watched = false;
  /** @type {'starting' | 'up' | 'stopped' | 'leaving' | 'down'} stopped: by SIGSTOP */
  state = 'down';
  /** Who it is in messaging.lease; another one in each life. */
  uuid;
  lives = 0;
  /** The fault that ends this life, once it does. @type {{ kind: string, target: string } | undefined} */
  doom;

  /**
   * @param {{ name: string, port: number, proxy: DatabaseProxy, dist: string, folder: string, databaseUrl: string,
   *   env: Record<string, string> }} options
   */
  constructor(options) {
    super();
    this.#options = options;
  }

  static async create({ postgres, ...options }) {
    const proxy = await DatabaseProxy.open(() => postgres.port);
    const port = await freePort();
    return new Instance({ ...options, proxy, port, databaseUrl: postgres.url(proxy.port) });
  }

  get name() {
    return this.#options.name;
  }
  get proxy() {
    return this.#options.proxy;
  }
  get url() {
    return `http://127.0.0.1:${this.#options.port}`;
  }
  get isUp() {
    return this.state === 'up';
  }

  /** Keeps it running from now on. Resolves when it listens for the first time. */
  async start() {
    this.#watched = true;
    for (let starts = 1; this.#watched && !(await this.#begin()); starts++) {
      if (starts === STARTS) throw new Error(`${this.name} does not start; see its log in ${this.#options.folder}`);
      await pause(300);
    }
  }

  kill() {
    this.#child.kill('SIGKILL');
  }

  /** Stops the whole process, for as long. Resolves when it goes on, or is dead. */
  async stall(ms) {
    const child = this.#child;
    this.state = 'stopped';
    child.kill('SIGSTOP');
    await this.goOnAfter(ms);
  }

  /** Lets a process go on that has stopped itself. */
  async goOnAfter(ms) {
    const child = this.#child;
    this.state = 'stopped';
    await Promise.race([pause(ms), once(child, 'exit')]);
    child.kill('SIGCONT');
    if (child === this.#child && !hasEnded(child)) this.state = 'up';
  }

  tell(message) {
    return tell(this.#child, message);
  }

  /** SIGTERM, as a deployment does; it is started again. */
  async restart() {
    this.state = 'leaving';
    await end(this.#child, 'SIGTERM', SHUTDOWN_LIMIT_MS);
  }

  /** For good. @returns {Promise<number | null>} its exit code */
  async close() {
    this.#watched = false;
    this.state = 'leaving';
    const child = this.#child;
    if (child) {
      child.kill('SIGCONT');
      await end(child, 'SIGTERM', SHUTDOWN_LIMIT_MS);
    }
    await this.proxy.close();
    return child?.exitCode ?? null;
  }

  async #begin() {
    const { dist, folder, port, databaseUrl, env, name } = this.#options;
    const unset = Object.fromEntries(variables.map((each) => [each, '']));
    const own = {
      DATABASE_URL: databaseUrl,
      PORT: String(port),
      DATA_DIR: folder,
      CHAOS_DIST: dist,
      CHAOS_INSTANCE: name,
    };
    const child = startChild(['--import', PRELOAD, join(dist, 'src/main.js')], {
      env: { ...unset, ...SETTINGS, ...env, ...own },
      log: join(folder, 'logs', `${name}.log`),
    });
    this.#child = child;
    this.state = 'starting';
    this.uuid = this.doom = undefined;
    this.lives++;
    child.on('message', (message) => this.#hear(child, message));
    child.once('exit', (code, signal) => this.#ended(child, signal ?? code));
    const listens = await listening(child).then(
      () => true,
      () => end(child, 'SIGKILL').then(() => false),
    );
    if (listens && child === this.#child && !hasEnded(child)) {
      if (this.state === 'starting') this.state = 'up';
      this.emit('up');
    }
    return listens;
  }

  #hear(child, message) {
    if (child !== this.#child) return;
    if (message.instance) this.uuid = message.instance;
    if (message.reached) this.emit('reached', message);
    // Not before: until it knows, it may still die of what it was told.
    if (message.disarmed) this.doom = undefined;
  }

  #ended(child, how) {
    if (child !== this.#child) return;
    const { doom, uuid, state } = this;
    this.state = 'down';
    this.emit('died', { doom, uuid, how, state });
    // Where it never listened, whoever started it tries again.
    if (this.#watched && state !== 'starting') void this.start();
  }
}

async function freePort() {
  const server = createServer();
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}
