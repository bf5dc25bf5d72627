import { CommitOutcomeUnknownError, ConcurrencyConflictError, NotNumberedError, Unavailable } from './errors.js';

interface Coded {
  code?: unknown;
  constraint?: unknown;
  driverError?: Coded;
  cause?: unknown;
}

/** The SQLSTATE, or Node's code of a network error; drivers and ORMs wrap them. */
export function errorCode(error: unknown): string | undefined {
  const { code, driverError } = (error ?? {}) as Coded;
  const found = driverError?.code ?? code;
  return typeof found === 'string' ? found : undefined;
}

export function violates(error: unknown, code: string, constraint: string): boolean {
  const { constraint: own, driverError } = (error ?? {}) as Coded;
  return errorCode(error) === code && (driverError?.constraint ?? own) === constraint;
}

/** The same work may succeed at once when it runs again from the start. */
export function isConflict(error: unknown): boolean {
  const code = errorCode(error);
  return error instanceof ConcurrencyConflictError || code === '40001' || code === '40P01' || isStalePlan(error);
}

/** A prepared statement's table got other columns, as by the migration of a newer instance. */
export function isStalePlan(error: unknown): boolean {
  return errorCode(error) === '0A000' && /cached plan must not change/.test((error as Error).message);
}

const NO_ATTEMPT = [CommitOutcomeUnknownError, NotNumberedError, Unavailable];

/** The connection or the server failed, not the work: nobody's attempt is burnt. */
export function isInfrastructureFailure(error: unknown): boolean {
  if (isConflict(error) || isConnectionLoss(error)) return true;
  if (NO_ATTEMPT.some((kind) => error instanceof kind)) return true;
  return /^(53|57P0)/.test(errorCode(error) ?? '');
}

const NETWORK = new Set(['ECONNRESET', 'ECONNREFUSED', 'EPIPE', 'ETIMEDOUT', 'ENOTFOUND', 'EAI_AGAIN', 'ENETUNREACH']);
/** What pg and pg-pool throw without a code. */
const LOST = /Connection terminated|timeout exceeded when trying to connect|not queryable|Cannot use a pool after/;

export function isConnectionLoss(error: unknown): boolean {
  const code = errorCode(error);
  if (code) return code.startsWith('08') || code.startsWith('57P0') || NETWORK.has(code);
  return error instanceof Error && (LOST.test(error.message) || isConnectionLoss(error.cause ?? null));
}
