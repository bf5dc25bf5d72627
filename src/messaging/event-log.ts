import type { Connections } from './connections.js';
import type { Stream } from './message.js';
import type { MessageHeaders } from './message-context.js';
import type { Statement } from './prepared-statements.js';

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

/** What was read of the log, and how far: everything up to `scannedTo` that was asked for is in `events`. */
export interface LogPage {
  readonly events: readonly StoredEvent[];
  readonly scannedTo: number;
}

type LogRow = StoredEventRow & { head: number };

/** A statement that reads the log, and what to make of its rows. */
export interface LogReading {
  readonly statement: Statement;
  take(rows: readonly object[]): LogPage;
}

/** Reads the log for lanes, oldest first. Positions become visible in their order, so what is read is complete. */
export class EventLog {
  constructor(
    private readonly connections: Connections,
    private readonly schema: string,
  ) {}

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
    const reading = this.reading(partitions, after, limit);
    return reading.take(await this.connections.query(reading.statement));
  }

  /** The same for whoever sends it himself. */
  reading(partitions: readonly number[], after: number, limit: number): LogReading {
    return {
      statement: {
        name: `${this.schema}.read-log`,
        // The head comes from the same snapshot, so that a page without events still says how far it looked.
        text: `
          select h.head::float8 as head, e.*
            from (select coalesce(max(position), 0) as head from ${this.schema}.event_log) h
            left join lateral (
              select ${storedEventColumns('l')}
                from ${this.schema}.event_log l left join ${this.schema}.event_personal p using (event_id)
               where l.position > $1 and l.partition = any ($2::smallint[])
               order by l.position limit $3) e on true`,
        values: [after, partitions, limit],
      },
      take: (rows) => pageOf(rows as LogRow[], after, limit),
    };
  }
}

function pageOf(rows: readonly LogRow[], after: number, limit: number): LogPage {
  const found = typeof rows[0]?.position === 'number' ? rows : [];
  const full = found.length === limit;
  return {
    events: found.map(toStoredEvent),
    scannedTo: full ? found.at(-1)!.position : Math.max(rows[0]!.head, after),
  };
}
