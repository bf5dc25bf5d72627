import { randomUUID } from 'node:crypto';
import { appendFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';

/** A request is repeated until it is answered for good, at most so often and so long. */
const TRIES = 40;
const PATIENCE_MS = 45_000;
const ANSWER_LIMIT_MS = 12_000;

/**
 * Speaks to the shop over HTTP as load generators do: to any instance, again with the same key where no answer came,
 * and every word of it recorded before it is said.
 */
export class Api {
  #options;
  #requests = 0;

  /** @param {{ name: string, file: string, instances: string[], gateway: string, random: import('../random.mjs').Random, keys: { operator: string, integration: string } }} options */
  constructor(options) {
    this.#options = options;
  }

  /** False makes every repetition end: nobody waits for an answer any more. */
  patient = true;

  /**
   * @param {string} op one of history.md
   * @param {object} subject
   * @param {{ method: string, path: string, body?: object, as?: 'operator' | 'integration', idempotent?: boolean,
   *   prefer?: string, told?: (body: any) => object, at?: string }} call
   * @returns {Promise<{ ok: boolean, status?: number, body?: any }>}
   */
  async request(op, subject, call) {
    const request = `${this.#options.name}-${++this.#requests}`;
    const key = randomUUID();
    const giveUpAt = Date.now() + PATIENCE_MS;
    for (let tries = 1; ; tries++) {
      const answer = await this.#attempt({ request, op, subject, key }, call);
      const final = answer.status !== undefined && !mayComeOut(answer);
      if (final || tries === TRIES || Date.now() > giveUpAt || !this.patient) return answer;
      await pause(Math.min(100 * tries, 1_000));
    }
  }

  /** Of a GET nothing needs to be remembered. */
  async read(path) {
    return this.#send({ method: 'GET', path, as: 'operator' }, { attempt: randomUUID() }).catch(() => ({ ok: false }));
  }

  async #attempt({ request, op, subject, key }, call) {
    const attempt = randomUUID();
    this.#record({ kind: 'sent', at: Date.now(), client: this.#options.name, request, attempt, op, subject });
    try {
      const answer = await this.#send(call, { attempt, key });
      const { ok, status, body } = answer;
      const told = ok && call.told ? { told: call.told(body) } : {};
      const code = ok ? {} : { code: body?.code ?? body?.error?.code };
      this.#record({ kind: 'answered', at: Date.now(), attempt, status, ...told, ...code });
      return answer;
    } catch (error) {
      this.#record({ kind: 'lost', at: Date.now(), attempt, error: error.cause?.code ?? error.name });
      return { ok: false };
    }
  }

  async #send({ method, path, body, as, idempotent, prefer, at }, { attempt, key }) {
    const { instances, keys, random } = this.#options;
    const headers = { 'x-correlation-id': attempt };
    if (as) headers['x-api-key'] = keys[as];
    if (idempotent) headers['idempotency-key'] = key;
    if (prefer) headers.prefer = prefer;
    if (body) headers['content-type'] = 'application/json';
    const signal = AbortSignal.timeout(ANSWER_LIMIT_MS);
    const sent = { method, headers, signal, ...(body && { body: JSON.stringify(body) }) };
    const answer = await fetch(`${at ?? random.pick(instances)}${path}`, sent);
    const text = await answer.text();
    return { ok: answer.ok, status: answer.status, body: text === '' ? undefined : JSON.parse(text) };
  }

  /** Synchronous: what a killed process has sent, it has recorded. */
  #record(line) {
    appendFileSync(this.#options.file, `${JSON.stringify(line)}\n`);
  }
}

/** The same request may have another answer a moment later: the server failed, or is still at it. */
function mayComeOut({ status, body }) {
  return status >= 500 || status === 429 || body?.code === 'IDEMPOTENCY_IN_PROGRESS';
}
