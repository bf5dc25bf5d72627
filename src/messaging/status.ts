import type { DataSource } from 'typeorm';
import type { MessagingClock } from './clock.js';
import type { Connections } from './connections.js';
import { POSITIONS_PER_LOG_PARTITION } from './migrations/create-messaging.js';

/** What the tables say of the whole cluster at one moment, whether or not any instance is at work. */
export interface MessagingSnapshot {
  readonly consumers: readonly {
    readonly name: string;
    /** Events that it has not come to yet, at most 250 of each of its partitions. */
    readonly lag: number;
    /** The age of the oldest of them, in seconds. */
    readonly lagSeconds: number;
    /** Events that failed and wait for another attempt, or wait behind one; at most 10,000. */
    readonly held: number;
    readonly dead: number;
  }[];
  /** Stored commands; the 10,000 that are due first. */
  readonly commands: readonly {
    readonly type: string;
    readonly due: number;
    /** Due later. */
    readonly scheduled: number;
    /** For how long the first one has been due, in seconds. */
    readonly oldestDueSeconds: number;
    readonly dead: number;
  }[];
  /** The age of the oldest event that some consumer has not come to; what is held has been tried. */
  readonly oldestUndeliveredSeconds: number;
  /** Events for which the log has partitions. */
  readonly logRoom: number;
}

/** Rows that are looked at per lane, and of held messages and commands: they bound what a look costs under a backlog. */
const MOST_PER_LANE = 250;
const MOST_ROWS = 10_000;
/** However many ask, the database is asked once in this time. */
const FRESH_MS = 1_000;
/** Room is made a partition or more ahead, once a minute; with less than this that has long been failing. */
const LEAST_ROOM = POSITIONS_PER_LOG_PARTITION / 2;

/** How the delivery stands, read from the tables: a worker that hangs can't hide it. */
export class MessagingStatus {
  #snapshot?: Promise<MessagingSnapshot>;
  /** In ms; while a look is under way nobody takes another, however long it takes. */
  #staleAt = Infinity;

  constructor(
    private readonly connections: Connections,
    private readonly dataSource: DataSource,
    private readonly clock: MessagingClock,
    private readonly own: { readonly schema: string; readonly commandTypes: () => readonly string[] },
  ) {}

  /** At most a second old; so is its failure. */
  async snapshot(): Promise<MessagingSnapshot> {
    if (performance.now() > this.#staleAt) this.#snapshot = undefined;
    this.#snapshot ??= this.take();
    return this.#snapshot;
  }

  /** Whether the log has room for so many events that nothing stops before somebody could act. Asks on a request's connection. */
  async hasLogRoom(): Promise<boolean> {
    const [row] = (await this.dataSource.query(`select ${this.logRoom} as room`)) as { room: number }[];
    return row!.room >= LEAST_ROOM;
  }

  private get logRoom(): string {
    const { schema } = this.own;
    return `(${schema}.log_room() - 1 - (select coalesce(max(position), 0) from ${schema}.event_log))::float8`;
  }

  private async take(): Promise<MessagingSnapshot> {
    this.#staleAt = Infinity;
    try {
      return await this.look();
    } finally {
      this.#staleAt = performance.now() + FRESH_MS;
    }
  }

  private async look(): Promise<MessagingSnapshot> {
    const { schema, commandTypes } = this.own;
    const [row] = await this.connections.query<MessagingSnapshot & { logRoom: number }>({
      name: `${schema}.snapshot`,
      text: `
        with lag as materialized (select * from ${schema}.consumer_lag(${MOST_PER_LANE})),
        consumer as (
          select l.name, l.events as lag, ${age('l.oldest')} as "lagSeconds",
                 -- The order is an index's: without it the whole table would be read for a consumer that holds nothing.
                 (select count(*) from (select from ${schema}.held_message h
                   where h.consumer = l.name and h.dead_at is null
                   order by h.park_key, h.position limit ${MOST_ROWS}) held) as held,
                 (select count(*) from ${schema}.held_message h
                   where h.consumer = l.name and h.dead_at is not null) as dead
            from lag l
        ), waiting as (
          select type, count(*) filter (where due_at <= $1) as due, count(*) filter (where due_at > $1) as scheduled,
                 min(due_at) as first
            from (select type, due_at from ${schema}.queued_command
                   where due_at is not null order by due_at limit ${MOST_ROWS}) first_due group by type
        ), dead as (
          select type, count(*) as dead from ${schema}.queued_command where dead_at is not null group by type
        ), command as (
          select type, coalesce(due, 0) as due, coalesce(scheduled, 0) as scheduled,
                 ${age('first')} as "oldestDueSeconds", coalesce(dead, 0) as dead
            from unnest($2::text[]) as served (type) full join waiting using (type) full join dead using (type)
        )
        select (select coalesce(jsonb_agg(c order by c.name), '[]') from consumer c) as consumers,
               (select coalesce(jsonb_agg(c order by c.type), '[]') from command c) as commands,
               ${age(`least((select min(oldest) from lag),
                            (select occurred_at from ${schema}.outbox order by id limit 1))`)} as "oldestUndeliveredSeconds",
               ${this.logRoom} as "logRoom"`,
      values: [this.clock.now(), commandTypes()],
    });
    return row!;
  }
}

/** In seconds; what is in the future or isn't there has none. */
function age(moment: string): string {
  return `coalesce(greatest(extract(epoch from $1::timestamptz - ${moment}), 0), 0)::float8`;
}
