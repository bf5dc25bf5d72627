import { type Answer, Refusal } from './answers.js';
import type { Book } from './book.js';

/** Stripe's v1 API may forget a key after this; so does the sandbox. */
const KEPT_MS = 24 * 3_600_000;

export interface Call {
  readonly key: string | undefined;
  /** Method, path and parameters: the same key must come with the same. */
  readonly request: string;
}

/** An answer, and whether it is kept under the key: all are from where executing began, also a 500. */
export type Execution = Answer & { readonly kept: boolean };

/** Idempotency keys as Stripe's v1 API keeps them: https://docs.stripe.com/api/idempotent_requests */
export class IdempotentCalls {
  readonly #running = new Set<string>();

  constructor(private readonly book: Book) {}

  async run({ key, request }: Call, execute: () => Promise<Execution>): Promise<Answer & { replayed: boolean }> {
    if (key === undefined) return { ...(await execute()), replayed: false };
    const kept = this.book.get('answers', key);
    if (kept && Date.now() - kept.keptAt < KEPT_MS) {
      if (kept.request !== request) throw differs(key);
      return { ...kept, replayed: true };
    }
    if (this.#running.has(key)) throw inUse(key);
    this.#running.add(key);
    try {
      const { status, body, kept: keep } = await execute();
      if (keep) this.book.put('answers', key, { request, status, body, keptAt: Date.now() });
      return { status, body, replayed: false };
    } finally {
      this.#running.delete(key);
    }
  }
}

function differs(key: string): Refusal {
  const message = `Keys for idempotent requests can only be used with the same parameters they were first used with: '${key}'`;
  return new Refusal(400, { type: 'idempotency_error', message });
}

function inUse(key: string): Refusal {
  const message = `There is currently another in-progress request using this Stripe-Idempotency-Key: '${key}'`;
  return new Refusal(409, { type: 'idempotency_error', code: 'idempotency_key_in_use', message });
}
