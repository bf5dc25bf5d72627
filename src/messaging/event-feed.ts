import { setTimeout as wait } from 'node:timers/promises';
import type { Connections } from './connections.js';
import type { MessageHeaders } from './message-context.js';

export interface FeedQuery {
  /** The last position seen; 0 at the start. */
  readonly offset: number;
  /** 1 to 1000. */
  readonly limit: number;
  /** A type, or a prefix such as `order.*`. */
  readonly type?: string;
  /** An aggregate's type, and its id. */
  readonly source?: string;
  readonly sourceId?: string;
}

export interface FeedEvent {
  readonly position: number;
  readonly id: string;
  readonly type: string;
  readonly version: number;
  readonly source: { readonly type: string; readonly id: string; readonly version: number | null } | null;
  readonly occurredAt: Date;
  readonly contentType: 'application/json';
  readonly data: object;
  readonly headers: MessageHeaders;
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

/** A page with filters looks at this many positions at most, so that a rare type can't make one request scan the log. */
const SCAN_LIMIT = 10_000;
const POLL_MS = 25;

/** The log for other systems: contiguous positions, oldest first, without personal data. Reads only. */
export class EventFeed {
  constructor(
    private readonly connections: Connections,
    private readonly schema: string,
  ) {}

  async read(query: FeedQuery): Promise<FeedPage> {
    const { incarnation, floor, head } = await this.bounds();
    if (query.offset > head) throw new FeedOffsetBeyondHeadError(head);
    if (query.offset < floor) throw new FeedOffsetExpiredError(floor + 1);
    const scanTo = Math.min(head, query.offset + SCAN_LIMIT);
    const events = await this.page(query, scanTo);
    const nextOffset = events.length === query.limit ? events.at(-1)!.position : scanTo;
    return { incarnation, events, nextOffset, head, oldest: Math.min(floor + 1, Math.max(head, 1)) };
  }

  /** Resolves when there is a position beyond `offset`, after `ms`, or when the reader has gone. */
  async waitBeyond(offset: number, ms: number, signal?: AbortSignal): Promise<void> {
    const end = Date.now() + ms;
    while (Date.now() < end && !signal?.aborted) {
      if ((await this.bounds()).head > offset) return;
      await wait(POLL_MS, undefined, { signal }).catch(() => undefined);
    }
  }

  private async bounds(): Promise<{ incarnation: string; floor: number; head: number }> {
    const [row] = await this.connections.query<{ incarnation: string; floor: number; head: number }>({
      name: `${this.schema}.feed-bounds`,
      text: `select incarnation, floor_position::float8 as floor,
                    greatest(floor_position, coalesce((select max(position) from ${this.schema}.event_log), 0))::float8 as head
               from ${this.schema}.log_meta`,
    });
    return row!;
  }

  private async page({ offset, limit, type, source, sourceId }: FeedQuery, scanTo: number): Promise<FeedEvent[]> {
    const prefix = type?.endsWith('.*') ? type.slice(0, -1) : undefined;
    return this.connections.query<FeedEvent>({
      name: `${this.schema}.feed-page`,
      text: `select position::float8 as position, event_id as id, type, schema_version as version,
                    case when stream_id is not null then
                      jsonb_build_object('type', stream_type, 'id', stream_id, 'version', stream_version) end as source,
                    occurred_at as "occurredAt", 'application/json' as "contentType", payload as data, headers
               from ${this.schema}.event_log
              where position > $1 and position <= $2
                and ($3::text is null or type = $3) and ($4::text is null or starts_with(type, $4))
                and ($5::text is null or stream_type = $5) and ($6::text is null or stream_id = $6)
              order by position limit $7`,
      values: [offset, scanTo, prefix ? null : (type ?? null), prefix ?? null, source ?? null, sourceId ?? null, limit],
    });
  }
}
