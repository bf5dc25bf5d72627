import type { Connections } from './connections.js';
import type { Stream } from './message.js';
import type { MessageHeaders } from './message-context.js';
import type { Statement } from './statement.js';

/** An event as it is stored, in the log or among the held messages. */
export interface StoredEvent {
  readonly position: number;
  readonly eventId: string;
  readonly stream?: Stream & { readonly version: number | null };
  readonly partition: number;
  readonly type: string;
  readonly version: number;
  readonly payload: object;
  /** Those of the payload's fields that lie apart from the log. */
  readonly personal: readonly string[];
  readonly headers: MessageHeaders;
  readonly occurredAt: Date;
}

export interface StoredEventRow {
  position: number;
  event_id: string;
  stream_type: string | null;
  stream_id: string | null;
  stream_version: number | null;
  partition: number;
  type: string;
  schema_version: number;
  payload: object;
  headers: MessageHeaders;
  occurred_at: Date;
  personal: object | null;
}

/** The columns of a stored event in table `alias`, with its personal fields joined from `p`. */
export function storedEventColumns(alias: string): string {
  const names = [
    'event_id',
    'stream_type',
    'stream_id',
    'stream_version',
    'partition',
    'type',
    'schema_version',
    'payload',
    'headers',
    'occurred_at',
  ];
  return [
    `${alias}.position::float8 as position`,
    ...names.map((name) => `${alias}.${name}`),
    'p.data as personal',
  ].join(', ');
}

export function toStoredEvent(row: StoredEventRow): StoredEvent {
  const { stream_type: type, stream_id: id } = row;
  return {
    position: row.position,
    eventId: row.event_id,
    stream: type !== null && id !== null ? { type, id, version: row.stream_version } : undefined,
    partition: row.partition,
    type: row.type,
    version: row.schema_version,
    payload: row.personal ? { ...row.payload, ...row.personal } : row.payload,
    personal: Object.keys(row.personal ?? {}),
    headers: row.headers,
    occurredAt: row.occurred_at,
  };
}

/** Events in the order of their positions. */
export interface EventPage {
  readonly events: readonly StoredEvent[];
  /** Resolves when the positions are committed, and so final; rejects when they may be void. Undefined where they are final. */
  readonly numbered?: Promise<unknown>;
}

/** What was read of the log, and how far: everything up to `scannedTo` that was asked for is in `events`. */
export interface LogPage extends EventPage {
  readonly scannedTo: number;
}

type LogRow = StoredEventRow & { head: number };
type GlimpseRow = LogRow & { fits: boolean };

/** A statement that reads the log, and what to make of its rows: undefined where there was more than it may give. */
export interface LogReading {
  readonly statement: Statement;
  take(rows: readonly object[]): LogPage | undefined;
}

/**
 * What is read in the sequencer's transaction fits into the buffers of a connection: PostgreSQL waits for a reader that
 * has stopped, and the whole cluster would wait for its COMMIT.
 */
const GLIMPSE = { events: 100, bytes: 32_768 } as const;

/** Reads the log for lanes, oldest first. Positions become visible in their order, so what is read is complete. */
export class EventLog {
  readonly #texts: { readonly read: string; readonly glimpse: string };

  constructor(
    private readonly connections: Connections,
    private readonly schema: string,
  ) {
    this.#texts = { read: readText(schema), glimpse: glimpseText(schema) };
  }

  /** Changes when the log was restored from a backup. */
  async incarnation(): Promise<string> {
    const [row] = await this.connections.query<{ incarnation: string }>({
      name: `${this.schema}.incarnation`,
      text: `select incarnation from ${this.schema}.log_meta`,
    });
    return row!.incarnation;
  }

  /** The events of these partitions after a position. */
  async read(partitions: readonly number[], after: number, limit: number): Promise<LogPage> {
    const values = [after, partitions, limit];
    const rows = await this.connections.query<LogRow>({
      name: `${this.schema}.read-log`,
      text: this.#texts.read,
      values,
    });
    const page = pageOf(rows, after);
    return page.events.length === limit ? { ...page, scannedTo: page.events.at(-1)!.position } : page;
  }

  /** The same for whoever sends it himself, if it is little; what is large even as it is stored is not looked at. */
  glimpse(partitions: readonly number[], after: number): LogReading {
    const values = [after, partitions, GLIMPSE.events, GLIMPSE.bytes];
    return {
      statement: { name: `${this.schema}.glimpse`, text: this.#texts.glimpse, values },
      take: (rows) => ((rows[0] as GlimpseRow).fits ? pageOf(rows as LogRow[], after) : undefined),
    };
  }
}

/** The head comes from the same snapshot, so that a page without events still says how far it looked. */
function readText(schema: string): string {
  return `
    select h.head::float8 as head, e.*
      from (${headOf(schema)}) h left join lateral (${eventsOf(schema)} limit $3) e on true`;
}

function glimpseText(schema: string): string {
  const stored = 'pg_column_size(l.payload) + coalesce(pg_column_size(p.data), 0)';
  const sent = 'octet_length(concat(l.stream_id, l.payload, l.headers, p.data))';
  const bytes = `, case when ${stored} > $4 then $4 + 1 else ${sent} end as bytes`;
  return `
    with e as materialized (${eventsOf(schema, bytes)} limit $3 + 1),
         fits as (select count(*) <= $3 and coalesce(sum(bytes), 0) <= $4 as fits from e)
    select h.head::float8 as head, fits, e.*
      from (${headOf(schema)}) h cross join fits left join e on fits order by e.position`;
}

function headOf(schema: string): string {
  return `select coalesce(max(position), 0) as head from ${schema}.event_log`;
}

function eventsOf(schema: string, more = ''): string {
  return `
    select ${storedEventColumns('l')}${more}
      from ${schema}.event_log l left join ${schema}.event_personal p using (event_id)
     where l.position > $1 and l.partition = any ($2::smallint[])
     order by l.position`;
}

function pageOf(rows: readonly LogRow[], after: number): LogPage {
  const found = typeof rows[0]?.position === 'number' ? rows : [];
  return { events: found.map(toStoredEvent), scannedTo: Math.max(rows[0]!.head, after) };
}
