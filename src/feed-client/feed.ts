/** An event as the feed tells it. */
export interface FeedEvent {
  /** Its place in the log: 1, 2, 3 and so on, without gaps over all events. */
  readonly position: number;
  /** The same however often it is delivered: what happened already can be known by it. */
  readonly id: string;
  readonly type: string;
  /** Of the type's schema. */
  readonly version: number;
  /** The aggregate that it happened to, and how many events it has had; events of one come in that order. */
  readonly source: { readonly type: string; readonly id: string; readonly version: number | null } | null;
  /** ISO 8601. */
  readonly occurredAt: string;
  readonly contentType: 'application/json';
  readonly data: Readonly<Record<string, unknown>>;
  readonly headers: Readonly<Record<string, string | undefined>>;
}

/** Which events are wanted; all of them without it. */
export interface FeedFilters {
  /** Exact, or a prefix such as `order.*`. */
  readonly type?: string;
  /** The kind of aggregate. */
  readonly source?: string;
  /** One aggregate. */
  readonly sourceId?: string;
}

/** How far a reader is. An offset means something only in the incarnation of the log that it was read from. */
export interface FeedPlace {
  readonly incarnation: string;
  /** The last position that was handled, or that the filter leaves out. */
  readonly offset: number;
}

/**
 * Where a reader keeps its place. A handler that also writes the place itself, in the transaction of its effects, makes
 * them exactly once; else an event may come again after a crash.
 */
export interface OffsetStore {
  /** Undefined for a reader that starts at the beginning of the log. */
  load(): Promise<FeedPlace | undefined>;
  /** Called after each event that was handled, and now and then for what a filter leaves out. */
  save(place: FeedPlace): Promise<void>;
}

/** What came at once: some events, in order, and how far the log was looked at. */
export interface Arrival {
  readonly incarnation: string;
  readonly events: readonly FeedEvent[];
  readonly offset: number;
}
