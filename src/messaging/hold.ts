import type { EntityManager } from 'typeorm';
import type { Connections } from './connections.js';
import type { Consumer } from './consumer.js';
import { type Postponed, Unrecoverable } from './errors.js';
import { type StoredEvent, type StoredEventRow, storedEventColumns, toStoredEvent } from './event-log.js';
import type { MessagingClock } from './clock.js';
import type { HistoryEntry } from './dead-letters.js';
import type { ClosingStatement } from './unit.js';

/** A message that waits for its next attempt, at the head of its park key. */
export interface HeldMessage {
  readonly id: number;
  readonly parkKey: string;
  readonly attempts: number;
  readonly stored: StoredEvent;
}

/** Waits are spread over this share of their length, and only lengthened: retries of one outage must not come at once. */
const JITTER = 0.1;

/** The messages that failed: where they wait, in order per park key, without holding up anybody else. */
export class HeldMessages {
  constructor(
    private readonly connections: Connections,
    private readonly clock: MessagingClock,
    private readonly schema: string,
  ) {}

  /** The park keys of a lane that are held. */
  async keysOf(consumer: string, partition: number): Promise<Set<string>> {
    const rows = await this.connections.query<{ park_key: string }>({
      text: `select distinct park_key from ${this.schema}.held_message where consumer = $1 and partition = $2`,
      values: [consumer, partition],
    });
    return new Set(rows.map((row) => row.park_key));
  }

  /** The head that has been due longest; only heads have a next attempt. */
  async nextDue(consumer: string, partition: number): Promise<HeldMessage | undefined> {
    const [row] = await this.connections.query<StoredEventRow & { id: string; park_key: string; attempts: number }>({
      name: `${this.schema}.next-held`,
      text: `
        select h.id, h.park_key, h.attempts, ${storedEventColumns('h')}
          from ${this.schema}.held_message h left join ${this.schema}.event_personal p using (event_id)
         where h.consumer = $1 and h.partition = $2 and h.next_attempt_at <= $3
         order by h.next_attempt_at, h.position limit 1`,
      values: [consumer, partition, this.clock.now()],
    });
    return row && { id: Number(row.id), parkKey: row.park_key, attempts: row.attempts, stored: toStoredEvent(row) };
  }

  /** When the lane's next head is due. */
  async nextDueAt(consumer: string, partition: number): Promise<Date | undefined> {
    const [row] = await this.connections.query<{ due: Date | null }>({
      text: `select min(next_attempt_at) as due from ${this.schema}.held_message where consumer = $1 and partition = $2`,
      values: [consumer, partition],
    });
    return row?.due ?? undefined;
  }

  /** Holds an event whose first attempt failed, or, without an error, one that must wait behind others of its key. */
  hold(
    consumer: Consumer,
    stored: StoredEvent,
    error?: unknown,
  ): { statement: ClosingStatement; nextAttemptAt?: Date } {
    const failure = error === undefined ? undefined : this.failure(consumer, 1, error);
    const statement = {
      name: `${this.schema}.hold`,
      text: `
        insert into ${this.schema}.held_message
          (consumer, partition, park_key, position, event_id, stream_type, stream_id, stream_version, type, schema_version,
           payload, headers, occurred_at, attempts, next_attempt_at, dead_at, history)
        select $1, partition, $2, position, event_id, stream_type, stream_id, stream_version, type, schema_version,
               payload, headers, occurred_at, $4, $5, $6, $7
          from ${this.schema}.event_log where position = $3`,
      values: [
        consumer.name,
        consumer.parkKey(stored),
        stored.position,
        failure ? 1 : 0,
        failure?.nextAttemptAt ?? null,
        failure?.deadAt ?? null,
        JSON.stringify(failure ? [failure.entry] : []),
      ],
    };
    return { statement, nextAttemptAt: failure?.nextAttemptAt };
  }

  /** Removes a held message whose handling succeeded, together with its effects. */
  release(held: HeldMessage, onReleased: (moreOfTheKey: boolean) => void): ClosingStatement {
    return {
      name: `${this.schema}.release-held`,
      text: `select ${this.schema}.release_held($1, $2) as more`,
      values: [held.id, this.clock.now()],
      onCommitted: (result) => onReleased(result.rows[0].more),
    };
  }

  /** Records another failed attempt. Returns the next one's time, or undefined when the message was given up. */
  async failed(consumer: Consumer, held: HeldMessage, error: unknown): Promise<Date | undefined> {
    const attempts = held.attempts + 1;
    const { nextAttemptAt, deadAt, entry } = this.failure(consumer, attempts, error);
    await this.connections.query({
      text: `update ${this.schema}.held_message
                set attempts = $2, next_attempt_at = $3, dead_at = $4, history = history || $5::jsonb
              where id = $1 and attempts = $6`,
      values: [held.id, attempts, nextAttemptAt ?? null, deadAt ?? null, JSON.stringify([entry]), held.attempts],
    });
    return nextAttemptAt;
  }

  /**
   * Locks the head of a key, so that nobody releases or discards it before the caller's transaction has put another
   * message behind it. Returns false when nothing of the key is held any more.
   */
  async lockHead(manager: EntityManager, consumer: string, parkKey: string): Promise<boolean> {
    for (let waited = true; waited;) {
      const rows: unknown[] = await manager.query(
        `select id from ${this.schema}.held_message where consumer = $1 and park_key = $2 order by position limit 1 for update`,
        [consumer, parkKey],
      );
      if (rows.length > 0) return true;
      // The row that was waited for may be gone while there are others behind it.
      const others: unknown[] = await manager.query(
        `select 1 from ${this.schema}.held_message where consumer = $1 and park_key = $2 limit 1`,
        [consumer, parkKey],
      );
      waited = others.length > 0;
    }
    return false;
  }

  private failure(consumer: Consumer, attempts: number, error: unknown) {
    const wait = waitAfter(consumer.retry, attempts, error);
    const now = this.clock.now();
    const nextAttemptAt = wait === undefined ? undefined : new Date(now.getTime() + wait);
    return { nextAttemptAt, deadAt: nextAttemptAt ? undefined : now, entry: historyEntry(attempts, now, error) };
  }
}

/** Milliseconds until the next attempt after so many failed ones; undefined where the schedule is used up. */
export function waitAfter(retry: readonly number[], attempts: number, error: unknown): number | undefined {
  const wait = error instanceof Unrecoverable ? undefined : retry[attempts - 1];
  if (wait === undefined) return undefined;
  const { retryAfterMs = 0 } = (error ?? {}) as Partial<Postponed>;
  return Math.max(wait * (1 + Math.random() * JITTER), retryAfterMs);
}

/** A failed attempt, for the message's history. */
export function historyEntry(attempt: number, at: Date, error: unknown): HistoryEntry {
  // NUL can't be stored in PostgreSQL's text.
  const clean = (text: string) => text.replaceAll('\0', '');
  const entry = { at: at.toISOString(), attempt };
  if (!(error instanceof Error)) return { ...entry, error: clean(String(error)) };
  return { ...entry, error: clean(`${error.name}: ${error.message}`), stack: error.stack && clean(error.stack) };
}
