import { setTimeout as wait } from 'node:timers/promises';
import type { Connections } from './connections.js';
import { NotNumberedError } from './errors.js';
import type { LogPage, LogReading } from './event-log.js';

/** Rows that one call moves: enough for a commit's cost to vanish, few enough that the lock is short. */
const BATCH = 1000;
/** Another instance holds the lock for about one commit. */
const BUSY_WAITS = [2, 10, 50];

export interface Sequenced {
  /** The last position given, or 0 for none. */
  readonly last: number;
  /** There may be more to move. */
  readonly more: boolean;
  /** What was asked for, with what was moved. */
  readonly page?: LogPage;
  /** Resolves when the move is committed; until then the positions may still become others'. */
  readonly numbered: Promise<unknown>;
}

/** Moves committed rows from the outbox into the log and numbers them; one at a time in the whole cluster. */
export class Sequencer {
  constructor(
    private readonly connections: Connections,
    private readonly schema: string,
  ) {}

  /** Moves what was committed when it was called, or the first {@link BATCH} of it; what is to be read then is in the same flight. */
  async run(reading?: LogReading): Promise<Sequenced> {
    for (const busy of BUSY_WAITS) {
      const sequenced = await this.once(reading);
      if (sequenced) return sequenced;
      await wait(busy);
    }
    // Whoever holds it that long will announce what it moved.
    return (await this.once(reading)) ?? { last: 0, more: false, numbered: Promise.resolve() };
  }

  /** Undefined where another sequencer held the lock. */
  private async once(reading: LogReading | undefined): Promise<Sequenced | undefined> {
    const sequence = {
      name: `${this.schema}.sequence`,
      text: `select n, last_position::float8 as position from ${this.schema}.sequence_outbox($1)`,
      values: [BATCH],
    };
    const { rows, committed } = await this.connections.flight(reading ? [sequence, reading.statement] : [sequence]);
    const [moved, read] = rows;
    const { n, position } = moved![0] as { n: number; position: number | null };
    if (n < 0) return undefined;
    const numbered = committed.catch((cause: unknown) => {
      throw new NotNumberedError(`the sequencer's commit failed: ${String(cause)}`, { cause });
    });
    numbered.catch(() => undefined);
    return { last: position ?? 0, more: n === BATCH, page: read && reading!.take(read), numbered };
  }
}
