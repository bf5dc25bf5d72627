import type { EntityManager } from 'typeorm';
import { v7 } from 'uuid';
import type { MessagingClock } from './clock.js';
import type { Connections } from './connections.js';
import type { Duration } from './decorators.js';
import { historyEntry } from './hold.js';
import type { MessageHeaders } from './message-context.js';
import { milliseconds, type Settings } from './options.js';
import type { ClosingStatement } from './unit.js';

/** Due commands that a scan takes up at a time. */
export const SCAN_LIMIT = 200;

export interface CommandRow {
  readonly command_id: string;
  readonly type: string;
  readonly version: number;
  readonly payload: object;
  readonly headers: MessageHeaders;
  readonly stream_type: string | null;
  readonly stream_id: string | null;
  readonly attempts: number;
  readonly fence: number;
  /** How often in a row its lease ran out without an outcome. */
  readonly lost: number;
}

/** A stored command that may be run now. */
export interface ReadyCommand {
  readonly id: string;
  readonly type: string;
  /** Its lease ran out without an outcome: it may be what took a process down. */
  readonly suspect?: boolean;
}

/** The stored commands: which are due, who has claimed them, what became of them. */
export class CommandTable {
  readonly #table: string;

  constructor(
    private readonly connections: Connections,
    private readonly clock: MessagingClock,
    private readonly settings: Settings,
  ) {
    this.#table = `${settings.schema}.queued_command`;
  }

  async due(types: readonly string[]): Promise<ReadyCommand[]> {
    return this.connections.query<ReadyCommand & { id: string }>({
      name: `${this.settings.schema}.due-commands`,
      text: `select c.command_id as id, c.type, c.lost > 0 or c.lease_until > '-infinity' as suspect from ${this.#table} c
              where c.due_at <= $1 and c.lease_until < clock_timestamp() and c.type = any ($2) and ${this.isFirst('c')}
              order by c.due_at limit ${SCAN_LIMIT}`,
      values: [this.clock.now(), types],
    });
  }

  /** Claims a command with the row's lock, for as long as the caller's transaction lasts; a lease only with its fence. */
  async lock(manager: EntityManager, id: string, fence: number | null): Promise<CommandRow | undefined> {
    const rows: CommandRow[] = await manager.query(
      `select c.*, c.schema_version as version from ${this.#table} c
        where c.command_id = $1 and c.due_at <= $2 and (c.lease_until < clock_timestamp() or c.fence = $3)
          and ${this.isFirst('c')} for update skip locked`,
      [id, this.clock.now(), fence],
    );
    return rows[0];
  }

  /** Claims a command for a time, under a new fence, which whoever held it before does not have. */
  async lease(id: string, ms: number): Promise<CommandRow | undefined> {
    const [row] = await this.connections.query<CommandRow & { command_id: string }>({
      name: `${this.settings.schema}.lease-command`,
      text: `update ${this.#table} c
                set fence = fence + 1, leased_by = $4,
                    lost = lost + (lease_until > '-infinity' and leased_by is distinct from $4)::int,
                    lease_until = clock_timestamp() + make_interval(secs => $3::float8 / 1000)
              where c.command_id = $1 and c.due_at <= $2 and c.lease_until < clock_timestamp() and ${this.isFirst('c')}
              returning *, schema_version as version`,
      values: [id, this.clock.now(), ms, this.settings.instance],
    });
    return row;
  }

  /** Removes a command that has run, or sets when it recurs, together with its effects; names the next of its key. */
  complete(
    row: CommandRow,
    every: Duration | undefined,
    onNext: (next: ReadyCommand | undefined) => void,
  ): ClosingStatement {
    const again = every === undefined ? null : new Date(this.clock.now().getTime() + milliseconds(every));
    return {
      name: `${this.settings.schema}.complete-command`,
      text: `select next_id as id, next_type as type from ${this.settings.schema}.complete_command($1, $2, $3)`,
      values: [row.command_id, row.fence, again],
      onCommitted: (result) => onNext(result.rows[0] as ReadyCommand | undefined),
    };
  }

  /** Records a failed attempt under the fence; without a next one the command is dead. */
  async failed(row: CommandRow, wait: number | undefined, error: unknown): Promise<void> {
    const now = this.clock.now();
    const dueAt = wait === undefined ? null : new Date(now.getTime() + wait);
    const entry = historyEntry(row.attempts + 1, now, error);
    await this.connections.query({
      text: `update ${this.#table}
                set attempts = $3, due_at = $4, dead_at = $5, history = history || $6::jsonb, lease_until = '-infinity', lost = 0
              where command_id = $1 and fence = $2`,
      values: [row.command_id, row.fence, row.attempts + 1, dueAt, dueAt ? null : now, JSON.stringify([entry])],
    });
  }

  /** Ends a lease without an attempt: the process stops before the outcome is known. */
  async giveBack(row: CommandRow): Promise<undefined> {
    await this.connections.query({
      text: `update ${this.#table} set lease_until = '-infinity' where command_id = $1 and fence = $2`,
      values: [row.command_id, row.fence],
    });
  }

  /** Enters a command that recurs, due at once, unless it is entered already. */
  async enterRecurring(type: string): Promise<void> {
    await this.connections.query({
      text: `insert into ${this.#table} (command_id, type, schema_version, payload, headers, due_at, dedupe_key)
             values ($1, $2, 1, '{}', '{}', $3, $4) on conflict (dedupe_key) do nothing`,
      values: [v7(), type, this.clock.now(), `recurring:${type}`],
    });
  }

  /** Commands of one key run one at a time, in the order in which they were stored. */
  private isFirst(alias: string): string {
    return `(${alias}.key is null or not exists (
      select 1 from ${this.#table} earlier where earlier.key = ${alias}.key and earlier.id < ${alias}.id))`;
  }
}
