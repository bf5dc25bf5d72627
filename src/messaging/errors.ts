/** PostgreSQL answered ROLLBACK to COMMIT: a statement inside had failed and its error was swallowed. */
export class TransactionRolledBackError extends Error {
  override readonly name = 'TransactionRolledBackError';
}

/** COMMIT got no answer and the server can't be asked: the work may or may not be stored. */
export class CommitOutcomeUnknownError extends Error {
  override readonly name = 'CommitOutcomeUnknownError';
}

/** Somebody else changed the aggregate after it was loaded; the outermost unit of work runs again. */
export class ConcurrencyConflictError extends Error {
  override readonly name = 'ConcurrencyConflictError';
}

/** The API was used in a way that can't be kept; the message says which. */
export class MessagingUsageError extends Error {
  override readonly name = 'MessagingUsageError';
}

/** Throw it from a handler to give a message up at once: no attempt could succeed. */
export class Unrecoverable extends Error {
  override readonly name: string = 'Unrecoverable';
}

/**
 * Throw it from a relay, or from a consumer outside transactions, when what it needs can't be reached: that is nobody's
 * attempt. The consumer waits and goes on with the same message; nothing is held.
 */
export class Unavailable extends Error {
  override readonly name = 'Unavailable';
}

/** What an error may say besides: the next attempt waits at least this long, whatever the schedule has. */
export interface Postponed {
  readonly retryAfterMs: number;
}

/**
 * Whether events have the positions that they were shown with is not known: what was begun with them is undone, and they
 * come again.
 */
export class NotNumberedError extends Error {
  override readonly name = 'NotNumberedError';
}

/** A request with the same idempotency key is still running. */
export class IdempotencyInProgressError extends Error {
  override readonly name = 'IdempotencyInProgressError';
}

/** The idempotency key was used before, with another request. */
export class IdempotencyKeyReusedError extends Error {
  override readonly name = 'IdempotencyKeyReusedError';
}
