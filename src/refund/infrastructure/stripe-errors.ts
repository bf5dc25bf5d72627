import Stripe from 'stripe';
import { Unrecoverable } from '../../messaging/index.js';
import { type KeptError, PostponedError, UnknownOutcomeError } from '../domain/payment-gateway.js';

/** Too early, too many. 401 and 403 are a wrong key of ours, which an operator will mend, and no word about the refund. */
const POSTPONED: ReadonlySet<number> = new Set([401, 403, 425, 429]);
/** A call with the same key is still running. */
const CONFLICT = 409;

/** The code of a definite "no"; throws when the outcome is open, or when no repetition could ever settle it. */
export function rejectionCode(gateway: string, error: unknown): string {
  if (!(error instanceof Stripe.errors.StripeError)) throw error;
  const { statusCode, code, rawType, message } = error;
  if (statusCode === undefined) throw new UnknownOutcomeError(gateway, 'no_answer', { cause: error });
  const reason = code ?? `http_${statusCode}`;
  const details = { cause: error, retryAfterMs: retryAfterMs(error) };
  if (POSTPONED.has(statusCode)) throw new PostponedError(gateway, reason, details);
  if (statusCode >= 500 || statusCode === CONFLICT) throw new UnknownOutcomeError(gateway, reason, details);
  // The key was used with another body: repeating this call can only meet the same answer.
  if (rawType === 'idempotency_error') throw new Unrecoverable(`${gateway}: ${message}`, { cause: error });
  return code ?? rawType ?? reason;
}

/** Stripe's v1 API keeps a 500 under its key for 24 h: https://docs.stripe.com/api/idempotent_requests */
export function keptError(error: unknown): KeptError | undefined {
  if (!(error instanceof Stripe.errors.StripeError)) return undefined;
  const { statusCode = 0, headers, code } = error;
  if (statusCode < 500 || headers?.['idempotent-replayed'] !== 'true') return undefined;
  return { status: 'kept_error', code: code ?? `http_${statusCode}` };
}

/** RFC 9110, section 10.2.3, in its form of seconds. */
function retryAfterMs({ headers }: Stripe.errors.StripeError): number | undefined {
  const seconds = Number(headers?.['retry-after']);
  return seconds > 0 ? seconds * 1_000 : undefined;
}
