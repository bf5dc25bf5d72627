/** The feed can't be read on without a decision: trying again would give the same answer. Ends a run. */
export abstract class FeedClosedError extends Error {}

/** The log was restored from a backup or moved: events that were handled may be gone, others may have their positions. */
export class IncarnationChangedError extends FeedClosedError {
  override readonly name = 'IncarnationChangedError';
  constructor(
    /** The log's incarnation now. */
    readonly incarnation: string,
    /** The one that was read until now. */
    readonly known: string,
  ) {
    super(
      `The event log was restored or moved: its incarnation is ${incarnation}, what was read until now is ${known}. ` +
        'Compare what you have with the service, then save a place in the new log to go on from.',
    );
  }
}

/** The saved offset is one that the log has not reached: it is another log, or one that was restored. */
export class OffsetBeyondHeadError extends FeedClosedError {
  override readonly name = 'OffsetBeyondHeadError';
  constructor(
    readonly offset: number,
    readonly head: number,
  ) {
    super(`The event log ends at ${head}, before the saved offset ${offset}: it is another log, or it was restored.`);
  }
}

/** The reader was away for longer than the log keeps events: some that it has not seen are gone. */
export class OffsetExpiredError extends FeedClosedError {
  override readonly name = 'OffsetExpiredError';
  constructor(
    readonly offset: number,
    readonly oldest: number,
  ) {
    super(
      `The event log begins at ${oldest} now, behind the saved offset ${offset}: events in between are gone. ` +
        `Fetch the current state from the service, then save the offset ${oldest - 1} to go on from.`,
    );
  }
}

/** The service refuses the request itself: a missing credential, a wrong address, a malformed filter. */
export class FeedRefusedError extends FeedClosedError {
  override readonly name = 'FeedRefusedError';
  constructor(
    readonly status: number,
    readonly code: string,
    detail: string,
  ) {
    super(`The event feed answers ${status} ${code}: ${detail}`);
  }
}

/** The connection failed, or the service is busy or restarting: it passes. */
export class PassingError extends Error {
  override readonly name = 'PassingError';
  constructor(
    message: string,
    /** What the service asked for. */
    readonly retryAfterMs = 0,
  ) {
    super(message);
  }
}
