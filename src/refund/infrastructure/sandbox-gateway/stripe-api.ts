import { setTimeout as delay } from 'node:timers/promises';
import { type Answer, Refusal } from './answers.js';
import type { Book } from './book.js';
import type { Fault, Faults } from './faults.js';
import type { Form } from './objects.js';
import type { Operations } from './operations.js';
import { type Execution, IdempotentCalls } from './idempotent-calls.js';
import { findRoute, type Route, type RouteInput } from './routes.js';

export interface ApiCall {
  readonly method: string;
  readonly path: string;
  readonly form: Form;
  readonly idempotencyKey: string | undefined;
}

/** An answer, or the break of the connection in its place. */
export type ApiAnswer = (Answer & { readonly replayed: boolean }) | 'dropped';

const apiError = new Refusal(500, { type: 'api_error', message: 'Something went wrong on the side of the gateway.' });
const rejected = new Refusal(400, {
  type: 'invalid_request_error',
  code: 'charge_disputed',
  message: 'The charge can not be refunded.',
});
const rateLimit = { type: 'invalid_request_error', code: 'rate_limit', message: 'Too many requests.' };

/** The part of Stripe's API that the shop uses, with faults by script. */
export class StripeApi {
  readonly #calls: IdempotentCalls;

  constructor(
    book: Book,
    private readonly operations: Operations,
    private readonly faults: Faults,
  ) {
    this.#calls = new IdempotentCalls(book);
  }

  async answer({ method, path, form, idempotencyKey }: ApiCall): Promise<ApiAnswer> {
    const { route, id } = findRoute(method, path);
    const fault = this.faults.take(route.operation);
    if (fault?.fault === 'rate_limited') return { status: 429, body: { error: rateLimit }, replayed: false };
    if (fault?.fault === 'unavailable') return { ...apiError.answer, status: 503, replayed: false };
    const key = method === 'POST' ? idempotencyKey : undefined;
    const refundStatus = fault?.fault === 'pending' ? 'pending' : 'succeeded';
    const answer = await this.#calls.run({ key, request: JSON.stringify([method, path, form]) }, () =>
      executeUnder(fault, () => this.execute(route, { id, form, refundStatus })),
    );
    return fault?.fault === 'answer_dropped' ? 'dropped' : answer;
  }

  private execute(route: Route, input: RouteInput): Execution {
    try {
      return { status: 200, body: route.execute(this.operations, input), kept: true };
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      // A parameter that fails validation ends a call before it began.
      return { ...error.answer, kept: error.error.param === undefined };
    }
  }
}

async function executeUnder(fault: Fault | undefined, execute: () => Execution): Promise<Execution> {
  if (fault?.fault === 'rejected') return { ...rejected.answer, kept: true };
  if (fault?.fault === 'error_without_effect') return { ...apiError.answer, kept: true };
  if (fault?.fault === 'slow') await delay(fault.delayMs);
  const execution = execute();
  return fault?.fault === 'error_after_effect' ? { ...apiError.answer, kept: true } : execution;
}
