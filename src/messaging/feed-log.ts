import type { Connections } from './connections.js';
import type { Incarnation } from './incarnation.js';
import type { MessageHeaders } from './message-context.js';

export interface FeedFilter {
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

type LogQuery = FeedFilter & { readonly offset: number; readonly limit: number };

/** What one statement, and so one snapshot, says of the log. */
export interface LogView {
  readonly incarnation: string;
  /** Events at or below it have been dropped. */
  readonly floor: number;
  readonly head: number;
  readonly events: readonly FeedEvent[];
  /** All events up to here that fit the filter are in `events`, or before the offset. */
  readonly scannedTo: number;
}

interface Row extends FeedEvent {
  readonly incarnation: string;
  readonly floor: number;
  readonly head: number;
  readonly place: string;
}

/** A page with filters looks at this many positions at most, so that a rare type can't make one request scan the log. */
const SCAN_LIMIT = 10_000;

/** The same as the statement below says in SQL. */
export function fits({ type, source }: FeedEvent, filter: FeedFilter): boolean {
  if (filter.source !== undefined && filter.source !== source?.type) return false;
  if (filter.sourceId !== undefined && filter.sourceId !== source?.id) return false;
  const prefix = prefixIn(filter);
  return prefix === undefined ? (filter.type ?? type) === type : type.startsWith(prefix);
}

/** Reads pages of the log, without personal data. One indexed statement each, whatever the log's size and the offset. */
export class FeedLog {
  constructor(
    private readonly connections: Connections,
    private readonly schema: string,
    private readonly incarnation: Incarnation,
  ) {}

  async read(query: LogQuery): Promise<LogView> {
    for (;;) {
      const known = this.incarnation.newest;
      const end = endOf(query);
      const rows = await this.rows(query, end);
      const { place, incarnation, floor, head } = rows[0]!;
      if (!this.incarnation.isConfirmed(place, head, known)) {
        await this.incarnation.confirm();
        continue;
      }
      const events = rows.filter(({ position }) => position !== null).map(toEvent);
      const scannedTo = events.length === query.limit ? events.at(-1)!.position : Math.min(head, end);
      return { incarnation, floor, head, events, scannedTo };
    }
  }

  private async rows({ offset, limit, ...filter }: LogQuery, end: number): Promise<Row[]> {
    const { type, source, sourceId } = filter;
    const prefix = prefixIn(filter);
    const exact = prefix === undefined ? type : undefined;
    return this.connections.query<Row>(
      {
        name: `${this.schema}.feed-page`,
        // Head, floor and incarnation are of the page's own snapshot, and come also when it has no events.
        text: `
          select m.*, e.*
            from (select incarnation, floor_position::float8 as floor, ${this.schema}.log_place() as place,
                         greatest(floor_position, coalesce((select max(position) from ${this.schema}.event_log), 0))::float8 as head
                    from ${this.schema}.log_meta) m
            left join lateral (
              select position::float8 as position, event_id as id, type, schema_version as version,
                     case when stream_id is not null then
                       jsonb_build_object('type', stream_type, 'id', stream_id, 'version', stream_version) end as source,
                     occurred_at as "occurredAt", payload as data,
                     headers - 'tracestate' as headers
                from ${this.schema}.event_log
               where position > $1 and position <= $2
                 and ($3::text is null or type = $3) and ($4::text is null or starts_with(type, $4))
                 and ($5::text is null or stream_type = $5) and ($6::text is null or stream_id = $6)
               order by position limit $7) e on true`,
        values: [offset, end, exact ?? null, prefix ?? null, source ?? null, sourceId ?? null, limit],
      },
      'feed',
    );
  }
}

/** Without a filter the positions of a page are known beforehand, so that no plan can read more. */
function endOf({ offset, limit, type, source, sourceId }: LogQuery): number {
  return offset + ((type ?? source ?? sourceId) ? SCAN_LIMIT : limit);
}

function prefixIn({ type }: FeedFilter): string | undefined {
  return type?.endsWith('.*') ? type.slice(0, -1) : undefined;
}

function toEvent({ position, id, type, version, source, occurredAt, data, headers }: Row): FeedEvent {
  return { position, id, type, version, source, occurredAt, contentType: 'application/json', data, headers };
}
