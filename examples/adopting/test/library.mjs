import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { createRequire } from 'node:module';
import { setTimeout as pause } from 'node:timers/promises';

const folder = new URL('..', import.meta.url);
const { Client } = createRequire(new URL('after/package.json', folder))('pg');

/** Another instance takes over within 30 s what a dead one has leased; a busy machine takes its time besides. */
const PATIENCE_MS = 60_000;

/** One of the two applications, on a database of its own. */
export class Library {
  #running = new Set();

  static async found(version) {
    const name = `library_${version}_${randomBytes(4).toString('hex')}`;
    await onServer(`create database ${name}`);
    const url = new URL(process.env.SERVER_URL);
    url.pathname = name;
    const client = new Client({ connectionString: url.href });
    client.on('error', () => undefined);
    await client.connect();
    return new Library(version, name, url.href, client);
  }

  constructor(version, name, url, client) {
    Object.assign(this, { version, name, url, client });
  }

  /** Starts the application; resolves when it is open, or rejects with its output. */
  async open(...args) {
    const { child, output } = this.#start(args, {});
    await new Promise((settle, fail) => {
      child.stdout.on('data', () => output().includes('open\n') && settle());
      child.once('exit', () => fail(new Error(`the library did not open:\n${output()}`)));
    });
    return { output, close: () => ended(child, 'SIGTERM') };
  }

  /** Starts an application that kills itself, and resolves when it is dead. */
  async openUntilDead(death, ...args) {
    const { child, output } = this.#start(args, death);
    const signal = await Promise.race([ended(child), pause(PATIENCE_MS, 'nothing', { ref: false })]);
    if (signal !== 'SIGKILL') throw new Error(`the library ended by ${signal}:\n${output()}`);
  }

  async query(sql, parameters) {
    const { rows } = await this.client.query(sql, parameters);
    return rows;
  }

  /** Who has which book. */
  async books() {
    const rows = await this.query('select id, reader from book order by id');
    return Object.fromEntries(rows.map(({ id, reader }) => [id, reader]));
  }

  /** How many loans are counted for each reader. */
  async loans() {
    const rows = await this.query('select name, loans from reader order by name');
    return Object.fromEntries(rows.map(({ name, loans }) => [name, loans]));
  }

  /** Resolves when everything that was recorded has been handled. */
  async settled() {
    await eventually(async () => {
      const [row] = await this.query(`
        select (select count(*) from messaging.outbox) + (select count(*) from messaging.held_message)
             + (select count(*) from messaging.queued_command where dedupe_key is null)
             + (select coalesce(sum(events), 0) from messaging.consumer_lag(1000)) as left_over`);
      return Number(row.left_over) === 0;
    });
  }

  async close() {
    await Promise.all([...this.#running].map((child) => ended(child, 'SIGKILL')));
    await this.client.end();
    await onServer(`drop database ${this.name} with (force)`);
  }

  #start(args, death) {
    const preload = new URL('dies.mjs', import.meta.url).href;
    const child = spawn(process.execPath, ['--import', preload, 'dist/main.js', ...args], {
      cwd: new URL(this.version, folder),
      env: { ...process.env, DATABASE_URL: this.url, ...death },
    });
    this.#running.add(child);
    child.once('exit', () => this.#running.delete(child));
    let text = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (text += chunk));
    return { child, output: () => text };
  }
}

async function eventually(probe) {
  const deadline = Date.now() + PATIENCE_MS;
  for (; !(await probe()); await pause(20)) {
    if (Date.now() > deadline) throw new Error(`it did not come to pass: ${probe}`);
  }
}

async function ended(child, signal) {
  if (child.exitCode !== null || child.signalCode !== null) return child.signalCode ?? child.exitCode;
  const end = new Promise((settle) => child.once('close', (code, by) => settle(by ?? code)));
  if (signal) child.kill(signal);
  return end;
}

async function onServer(sql) {
  const client = new Client({ connectionString: process.env.SERVER_URL });
  await client.connect();
  await client.query(sql).finally(() => client.end());
}
