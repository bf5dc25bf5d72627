import Stripe from 'stripe';
import { Unrecoverable } from '../../messaging/index.js';
import { UnknownOutcomeError } from '../domain/payment-gateway.js';

/**
 * Conflict, too early, too many: Stripe has not decided. 401 and 403 are a wrong key of ours, which an operator will
 * mend, and no word about the refund.
 */
const UNDECIDED: ReadonlySet<number> = new Set([401, 403, 409, 425, 429]);

/** The code of a definite "no"; throws when the outcome is open, or when no repetition could ever settle it. */
export function rejectionCode(gateway: string, error: unknown): string {
  if (!(error instanceof Stripe.errors.StripeError)) throw error;
  const { statusCode, code, rawType, message } = error;
  if (statusCode === undefined) throw new UnknownOutcomeError(gateway, 'no_answer', { cause: error });
  if (statusCode >= 500 || UNDECIDED.has(statusCode)) {
    throw new UnknownOutcomeError(gateway, code ?? `http_${statusCode}`, { cause: error });
  }
  // The key was used with another body: repeating this call can only meet the same answer.
  if (rawType === 'idempotency_error') throw new Unrecoverable(`${gateway}: ${message}`, { cause: error });
  return code ?? rawType ?? `http_${statusCode}`;
}
