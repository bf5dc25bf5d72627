import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { AwaitedFaults } from './awaited-faults.mjs';

/** A simple query `COMMIT` as it travels, and the answer to it. */
const COMMIT = Buffer.from('Q\0\0\0\x0bCOMMIT\0');
const COMMITTED = Buffer.from('C\0\0\0\x0bCOMMIT\0');

/**
 * @typedef {{ delayMs?: number, bytesPerSecond?: number, mute?: boolean }} Weather
 * @typedef {{ client: import('node:net').Socket, server: import('node:net').Socket, end: () => void }} Line
 */

/** One instance's way to PostgreSQL: every connection of it passes here, and meets the weather. */
export class DatabaseProxy {
  /** @type {Set<Line>} */
  #lines = new Set();
  /** @type {Weather} */
  #weather = {};
  /** What is to be lost at the next COMMIT: the statement, or its answer. @type {AwaitedFaults<{ what: string }>} */
  #losses = new AwaitedFaults();
  #server;

  /** @param {() => number | undefined} targetPort */
  static async open(targetPort) {
    const proxy = new DatabaseProxy();
    proxy.#server = createServer((client) => proxy.#forward(client, targetPort()));
    await once(proxy.#server.listen(0, '127.0.0.1'), 'listening');
    return proxy;
  }

  get port() {
    return this.#server.address().port;
  }

  get hasWeather() {
    return Object.keys(this.#weather).length > 0;
  }

  /** @param {Weather} weather */
  set weather(weather) {
    this.#weather = weather;
  }

  /** Breaks connections, each with the given chance. Returns how many. @param {(line: Line) => boolean} chosen */
  reset(chosen = () => true) {
    const broken = [...this.#lines].filter(chosen);
    for (const line of broken) line.end();
    return broken.length;
  }

  /** Resolves once the next COMMIT, or the answer to it, was lost with its connection; or false after the limit. */
  loseCommit(what, limitMs) {
    return this.#losses.add({ what }, limitMs);
  }

  async close() {
    this.reset();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #forward(client, port) {
    if (port === undefined) return client.resetAndDestroy();
    const server = connect(port, '127.0.0.1');
    const line = { client, server, end: () => [client, server].forEach((socket) => socket.destroy()) };
    this.#lines.add(line);
    for (const socket of [client, server]) socket.setNoDelay(true).on('error', line.end).on('close', line.end);
    client.on('close', () => this.#lines.delete(line));
    const pass = { up: this.#passage(client, server), down: this.#passage(server, client) };
    client.on('data', (chunk) => this.#losesCommit(line, chunk) || pass.up(chunk));
    server.on('data', (chunk) => pass.down(chunk));
  }

  /** One direction of a connection: in order, however late. */
  #passage(from, to) {
    let free = Promise.resolve();
    let waiting = 0;
    let lastDue = 0;
    return (chunk) => {
      const { delayMs = 0, bytesPerSecond = Infinity, mute } = this.#weather;
      if (!delayMs && bytesPerSecond === Infinity && !mute && waiting === 0) return to.write(chunk);
      waiting++;
      const due = Math.max(performance.now() + delayMs, lastDue) + (chunk.length / bytesPerSecond) * 1_000;
      lastDue = due;
      free = free
        .then(() => pause(due - performance.now()))
        .then(() => this.#untilHeard(from))
        .then(() => void to.write(chunk))
        .finally(() => waiting--);
    };
  }

  /** A muted connection is half open: nobody hears a word, and nobody hears of an end. */
  async #untilHeard(socket) {
    while (this.#weather.mute && !socket.destroyed) await pause(50);
  }

  #losesCommit(line, chunk) {
    if (this.#losses.areNone || !chunk.includes(COMMIT)) return false;
    const { what, done } = this.#losses.take();
    if (what === 'statement') {
      line.end();
      done();
      return true;
    }
    line.server.prependListener('data', (answer) => {
      if (!answer.includes(COMMITTED)) return;
      line.end();
      done();
    });
    return false;
  }
}
