import type { OnApplicationBootstrap } from '@nestjs/common';
import type { FeedEvent, FeedFilter, FeedLog, LogView } from './feed-log.js';
import type { FeedTail } from './feed-tail.js';
import type { Incarnation } from './incarnation.js';

export type { FeedEvent, FeedFilter } from './feed-log.js';

export interface FeedQuery extends FeedFilter {
  /** The last position seen; 0 at the start. */
  readonly offset: number;
  /** 1 to 1000. */
  readonly limit: number;
  /** The log that the offset is of. Without it, a reader of a log that was restored is told only while it is ahead. */
  readonly incarnation?: string;
}

export interface FeedPage {
  /** Changes when the log was restored from a backup, and positions may mean something else. */
  readonly incarnation: string;
  readonly events: readonly FeedEvent[];
  /** The last position looked at, which with filters may lie beyond the last event returned. */
  readonly nextOffset: number;
  /** The newest position. */
  readonly head: number;
  /** The oldest position that is kept. */
  readonly oldest: number;
}

/** The reader is ahead of the log: it has read another log, or one that was restored. */
export class FeedOffsetBeyondHeadError extends Error {
  override readonly name = 'FeedOffsetBeyondHeadError';
  constructor(readonly head: number) {
    super(`The log ends at ${head}.`);
  }
}

/** What comes after the offset is no longer kept. */
export class FeedOffsetExpiredError extends Error {
  override readonly name = 'FeedOffsetExpiredError';
  constructor(readonly oldest: number) {
    super(`The oldest event that is kept has the position ${oldest}.`);
  }
}

/** The log was restored since: some events that the reader has seen may be gone, and others may have their positions. */
export class FeedIncarnationChangedError extends Error {
  override readonly name = 'FeedIncarnationChangedError';
  constructor(readonly incarnation: string) {
    super(`The log was restored or moved; its incarnation is ${incarnation}.`);
  }
}

/** The log for other systems: contiguous positions, oldest first, without personal data. Reads only. */
export class EventFeed implements OnApplicationBootstrap {
  constructor(
    private readonly log: FeedLog,
    private readonly tail: FeedTail,
    private readonly incarnation: Incarnation,
  ) {}

  /** So that the operator reads of a restore at the start, not when the first reader comes. */
  async onApplicationBootstrap(): Promise<void> {
    await this.incarnation.confirm();
  }

  /** How many wait for the log to grow. */
  get waiting(): number {
    return this.tail.waiting;
  }

  /** One page, as the log is now. */
  async read(query: FeedQuery): Promise<FeedPage> {
    return pageOf(query, await this.log.read(query));
  }

  /** One page, which comes as soon as there is an event, or after `ms` without any. */
  async readOrWait(query: FeedQuery, ms: number, signal: AbortSignal): Promise<FeedPage> {
    const page = await this.read(query);
    return page.events.length > 0 || signal.aborted ? page : this.next(query, page, ms, signal);
  }

  /**
   * Page after page, for as long as the log lasts; an empty one first where there is nothing, and after each `quietMs`
   * without events. Reads on only when it is asked for more, so that a slow reader keeps nothing in memory.
   */
  async *follow(query: FeedQuery, quietMs: number, signal: AbortSignal): AsyncGenerator<FeedPage, void> {
    let page = await this.read(query);
    while (!signal.aborted) {
      yield page;
      page = await this.next(query, page, quietMs, signal);
    }
  }

  /** The first page with events after another one; or, after `ms`, what the log itself says: also that it was restored. */
  private async next(query: FeedQuery, page: FeedPage, ms: number, signal: AbortSignal): Promise<FeedPage> {
    const end = performance.now() + ms;
    const { incarnation } = page;
    for (;;) {
      const asked = { ...query, incarnation, offset: page.nextOffset };
      if (page.nextOffset >= page.head) await this.tail.beyond(asked, end - performance.now(), signal);
      if (signal.aborted) return page;
      const isLast = performance.now() >= end;
      page = isLast ? await this.read(asked) : await this.readOn(asked);
      if (isLast || page.events.length > 0) return page;
    }
  }

  /** From memory, where the newest events are. */
  private async readOn(query: FeedQuery & { readonly incarnation: string }): Promise<FeedPage> {
    const view = this.tail.after(query.offset, query.limit, query);
    return view ? pageOf(query, view) : this.read(query);
  }
}

function pageOf({ offset, incarnation: known }: FeedQuery, view: LogView): FeedPage {
  const { incarnation, floor, head, events, scannedTo } = view;
  if (known !== undefined && known !== incarnation) throw new FeedIncarnationChangedError(incarnation);
  if (offset > head) throw new FeedOffsetBeyondHeadError(head);
  if (offset < floor) throw new FeedOffsetExpiredError(floor + 1);
  return { incarnation, events, nextOffset: scannedTo, head, oldest: Math.min(floor + 1, Math.max(head, 1)) };
}
