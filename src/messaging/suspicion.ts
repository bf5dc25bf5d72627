import { Unavailable } from './errors.js';
import type { Connections } from './connections.js';
import type { LaneKey } from './progress.js';
import type { ClosingStatement } from './unit.js';

/** A message that was at a lane's head in this many crashes of its process is given up. */
const MAX_CRASHES = 3;
/**
 * After this many it runs alone. A first crash makes a suspect of every lane that had something to do, hundreds perhaps,
 * and most crashes are nobody's fault: to run them in turn would stretch the recovery for nothing.
 */
const ALONE_AFTER = 2;

/** One at a time: what runs alone can be told apart when the process dies. */
export class TurnTaking {
  #last: Promise<unknown> = Promise.resolve();

  async take<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(work, work);
    this.#last = turn.catch(() => undefined);
    return turn;
  }
}

/**
 * Whether a lane's head may be what took a process down. Crashes are counted by whoever takes over the partition of an
 * instance that died; here a suspect for the second time runs alone, marked as running, until it is through or has to be
 * given up.
 */
export class Suspicion {
  #head?: { readonly position: number; readonly crashes: number };
  /** Events behind the head that its transaction may have held as well. */
  #beside = 0;

  constructor(
    private readonly connections: Connections,
    private readonly schema: string,
    private readonly lane: LaneKey & { readonly batch: number },
    private readonly turns: TurnTaking,
  ) {}

  /** Whether the lane must handle its events one by one: of a batch only the first would be counted against. */
  get active(): boolean {
    return this.#head !== undefined || this.#beside > 0;
  }

  async load(): Promise<void> {
    const [head] = await this.connections.query<{ position: number; crashes: number }>({
      text: `select position::float8 as position, crashes from ${this.schema}.lane_crash where consumer = $1 and partition = $2`,
      values: [this.lane.consumer, this.lane.partition],
    });
    this.#head = head;
    this.#beside = head ? this.lane.batch - 1 : 0;
  }

  /** The reason to give an event up without another try, or undefined. */
  verdict(position: number): string | undefined {
    if (this.#head?.position !== position || this.#head.crashes < MAX_CRASHES) return undefined;
    return `the process ended ${this.#head.crashes} times while this event was handled`;
  }

  /** Runs `work` for an event; for who is suspected again alone and marked, so that another crash counts against it. */
  async guard(position: number, work: () => Promise<void>): Promise<void> {
    if (this.#head?.position !== position || this.#head.crashes < ALONE_AFTER) return work();
    await this.turns.take(async () => {
      await this.mark(true);
      try {
        await work();
      } catch (error) {
        // It waits for something else now; a crash meanwhile is not its doing.
        if (error instanceof Unavailable) await this.mark(false);
        throw error;
      }
    });
  }

  private async mark(running: boolean): Promise<void> {
    await this.connections.query({
      text: `update ${this.schema}.lane_crash set running = $3 where consumer = $1 and partition = $2`,
      values: [this.lane.consumer, this.lane.partition, running],
    });
  }

  /** What a step to `position` has to say: that the suspect is through. */
  closing(position: number): ClosingStatement[] {
    if (!this.#head || position < this.#head.position) return [];
    return [
      {
        text: `delete from ${this.schema}.lane_crash where consumer = $1 and partition = $2`,
        values: [this.lane.consumer, this.lane.partition],
      },
    ];
  }

  /** That step is committed. */
  passed(position: number): void {
    if (!this.#head) this.#beside = Math.max(this.#beside - 1, 0);
    else if (position >= this.#head.position) this.#head = undefined;
  }
}
