import { setTimeout as wait } from 'node:timers/promises';
import type { Connections } from './connections.js';

/** Rows that one call moves: enough for a commit's cost to vanish, few enough that the lock is short. */
const BATCH = 1000;
/** Another instance holds the lock for about one commit. */
const BUSY_WAITS = [2, 10, 50];

/** Moves committed rows from the outbox into the log and numbers them; one at a time in the whole cluster. */
export class Sequencer {
  constructor(
    private readonly connections: Connections,
    private readonly schema: string,
  ) {}

  /** Moves everything that was committed when it was called. Returns the last position given, or 0 for none. */
  async run(): Promise<number> {
    let last = 0;
    for (let full = true; full;) {
      const { n, position } = await this.batch();
      full = n === BATCH;
      last = position ?? last;
    }
    return last;
  }

  private async batch(): Promise<Moved> {
    for (const busy of BUSY_WAITS) {
      const moved = await this.once();
      if (moved.n >= 0) return moved;
      await wait(busy);
    }
    // Whoever holds it that long will announce what it moved.
    return this.once();
  }

  private async once(): Promise<Moved> {
    const [moved] = await this.connections.query<Moved & { n: number }>({
      name: `${this.schema}.sequence`,
      text: `select n, last_position::float8 as position from ${this.schema}.sequence_outbox($1)`,
      values: [BATCH],
    });
    return moved!;
  }
}

interface Moved {
  /** -1 where another sequencer held the lock. */
  readonly n: number;
  readonly position: number | null;
}
