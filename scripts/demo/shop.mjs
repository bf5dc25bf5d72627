import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';

/** How long the shop may take for what follows from a request. */
const PATIENCE_MS = 15_000;
const LOOK_AGAIN_MS = 50;

/** Something that the person at the terminal can mend. */
export class DemoError extends Error {}

/** The service over REST, and the sandbox in the place of the customer's bank; says what it asks and what it hears. */
export class Shop {
  /** @param {{ url: string, sandbox: string, key?: string, teller: import('./teller.mjs').Teller }} options */
  constructor({ url, sandbox, key, teller }) {
    this.url = url;
    this.sandbox = sandbox;
    this.headers = key ? { 'x-api-key': key } : {};
    this.teller = teller;
  }

  get(path) {
    return this.#send(this.url, { path });
  }

  /** A request that the reader should see, and what came back. */
  async ask(method, path, body, { shows, ...headers } = {}) {
    const key = method === 'POST' ? { 'idempotency-key': randomUUID() } : {};
    this.teller.asked(`${method} ${path}`, body);
    const answer = await this.#send(this.url, { method, path, body, headers: { ...this.headers, ...key, ...headers } });
    await this.teller.answered(shows ? shows(answer) : '');
    return answer;
  }

  /** The customer pays at the gateway; the shop hears of it by webhook. */
  async pay(intentId) {
    this.teller.asked(`The customer pays ${intentId} at the gateway`);
    await this.#send(this.sandbox, { method: 'POST', path: `/sandbox/intents/${intentId}/pay`, body: {} });
    await this.teller.answered('paid');
  }

  book() {
    return this.#send(this.sandbox, { path: '/sandbox/book' });
  }

  /** Reads until `done`; what follows from an event comes a moment later. */
  async until(path, done) {
    const deadline = performance.now() + PATIENCE_MS;
    for (;;) {
      const answer = await this.get(path);
      if (done(answer)) return answer;
      if (performance.now() > deadline) throw new DemoError(`${path} still says ${JSON.stringify(answer)}`);
      await pause(LOOK_AGAIN_MS);
    }
  }

  async #send(base, { method = 'GET', path, body, headers = this.headers }) {
    const json = body === undefined ? {} : { 'content-type': 'application/json' };
    const request = { method, headers: { ...headers, ...json }, body: body && JSON.stringify(body) };
    const response = await fetch(new URL(path, base), request).catch(() => {
      throw new DemoError(`Nothing answers at ${base}. Start the service first, in another terminal: npm start`);
    });
    const text = await response.text();
    if (response.ok) return text === '' ? undefined : JSON.parse(text);
    throw new DemoError(`${method} ${path} was answered with ${response.status}: ${text}`);
  }
}
