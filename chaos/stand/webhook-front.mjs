import { once } from 'node:events';
import { createServer } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { setTimeout as pause } from 'node:timers/promises';
import Stripe from 'stripe';
import { SANDBOX_WEBHOOK_SECRET } from '../../dist/src/refund/infrastructure/sandbox-gateway/sandbox-keys.js';
import { AwaitedFaults } from './awaited-faults.mjs';

const PATH = '/v1/gateway-webhooks/sandbox';
const ANSWER_LIMIT_MS = 5_000;
const stripe = new Stripe('sk_chaos');

/**
 * Where the gateway's webhooks arrive: passes them on to an instance, as a load balancer does, and misbehaves as it is
 * told to. What it swallowed it delivers in the end, as gateways try for days.
 */
export class WebhookFront {
  #server;
  #urls;
  /** @type {AwaitedFaults<{ what: string, ms: number }>} */
  #faults = new AwaitedFaults();
  /** @type {string[]} */
  #swallowed = [];
  /** @type {{ prefix: string, ms: number, until: number }[]} */
  #silences = [];
  /** Kept back until enough of them can be passed on in the wrong order. @type {string[]} */
  #keptBack = [];
  #late = new Set();

  /** @param {() => string[]} urls of the instances that are up */
  static async open(urls) {
    const front = new WebhookFront();
    front.#urls = urls;
    front.#server = createServer((request, response) => void front.#serve(request, response));
    await once(front.#server.listen(0, '127.0.0.1'), 'listening');
    return front;
  }

  get url() {
    return `http://127.0.0.1:${this.#server.address().port}${PATH}`;
  }

  /** Of the next webhooks, one fault for each. Resolves to whether it was met before the limit. */
  fault({ what, ms }, limitMs) {
    return this.#faults.add({ what, ms }, limitMs);
  }

  /** Swallows all whose type begins so, until some time after the first of them. @param {string} prefix @param {number} ms */
  keepSilent(prefix, ms) {
    this.#silences.push({ prefix, ms, until: Infinity });
  }

  /** How many are not with the service yet. */
  get pending() {
    return this.#swallowed.length + this.#keptBack.length + this.#late.size;
  }

  /** Delivers what was swallowed or kept back, until it is taken. */
  async deliverAll() {
    this.#faults.clear();
    this.#silences = [];
    const all = [...this.#swallowed.splice(0), ...this.#keptBack.splice(0)];
    for (const body of all) await this.#insist(body);
    await Promise.all(this.#late);
  }

  async close() {
    this.#server.close();
    this.#server.closeAllConnections();
    await once(this.#server, 'close');
  }

  async #serve(request, response) {
    const body = (await buffer(request)).toString();
    const swallowed = this.#swallow(body);
    const fault = swallowed ? undefined : this.#faults.take();
    const taken = swallowed || (fault ? this.#misbehave(fault, body) : await this.#pass(body));
    response.writeHead(taken ? 200 : 502).end();
    fault?.done();
  }

  /** Whether a silence has swallowed it; each goes on for its time from the first that it meets. */
  #swallow(body) {
    const { type } = JSON.parse(body);
    const now = Date.now();
    const meant = this.#silences.filter(({ prefix, until }) => type.startsWith(prefix) && now < until);
    for (const silence of meant) silence.until = Math.min(silence.until, now + silence.ms);
    if (meant.length > 0) this.#swallowed.push(body);
    return meant.length > 0;
  }

  /** The gateway is told that all is well. */
  #misbehave({ what, ms }, body) {
    if (what === 'dropped') this.#swallowed.push(body);
    if (what === 'doubled') for (const wait of [0, ms]) this.#deliverLater(body, wait);
    if (what === 'delayed') this.#deliverLater(body, ms);
    if (what === 'reordered') this.#keepBack(body, ms);
    return true;
  }

  /** The next ones overtake it; two or more come in the reverse of their order. */
  #keepBack(body, ms) {
    this.#keptBack.unshift(body);
    if (this.#keptBack.length > 1) return;
    setTimeout(() => {
      this.#keptBack.splice(0).forEach((each, index) => this.#deliverLater(each, index * 20));
    }, ms);
  }

  #deliverLater(body, ms) {
    const late = pause(ms)
      .then(() => this.#insist(body))
      .finally(() => this.#late.delete(late));
    this.#late.add(late);
  }

  async #insist(body) {
    while (!(await this.#pass(body)) && this.#server.listening) await pause(300);
  }

  async #pass(body) {
    const urls = this.#urls();
    if (urls.length === 0) return false;
    const url = urls[Math.floor(Math.random() * urls.length)];
    // Signed anew: a gateway does so at each attempt, and what is too old is refused.
    const signature = stripe.webhooks.generateTestHeaderString({ payload: body, secret: SANDBOX_WEBHOOK_SECRET });
    const headers = { 'content-type': 'application/json', 'stripe-signature': signature };
    const signal = AbortSignal.timeout(ANSWER_LIMIT_MS);
    const answer = await fetch(url + PATH, { method: 'POST', headers, body, signal }).catch(() => undefined);
    await answer?.body?.cancel();
    return answer?.ok ?? false;
  }
}
