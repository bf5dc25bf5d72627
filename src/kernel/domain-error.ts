/** What went wrong, in terms of the domain; the HTTP edge alone knows which status each kind becomes. */
export type DomainErrorKind =
  | 'not-found'
  | 'conflict'
  | 'invalid'
  | 'forbidden'
  | 'unavailable'
  /** The change must say which version it is meant for. */
  | 'precondition-required'
  /** The change is meant for another version. */
  | 'precondition-failed';

/**
 * A rule of the domain said no. Never retried: the same command would meet the same rule again.
 *
 * `code` is part of the public contract (`ORDER_ALREADY_SHIPPED`); `extras` are typed members of the problem document.
 */
export class DomainError extends Error {
  constructor(
    readonly code: string,
    readonly kind: DomainErrorKind,
    message: string,
    readonly extras: Readonly<Record<string, unknown>> = {},
  ) {
    super(message);
    this.name = new.target.name;
  }
}
