import { Logger } from '@nestjs/common';
import type { Connections } from './connections.js';

interface Confirmed {
  readonly place: string;
  readonly incarnation: string;
  readonly previous: string;
  readonly refused: readonly string[];
}

/** Sees to it that a log which was restored from a backup has another name than the one its readers know. */
export class Incarnation {
  readonly #logger = new Logger('EventFeed');
  /** The place at which the incarnation was confirmed. */
  #place?: string;
  #confirming?: Promise<void>;
  #newest = 0;
  #warned = false;

  constructor(
    private readonly connections: Connections,
    private readonly schema: string,
  ) {}

  /** The newest position that was ever seen here. What is read from now on reaches at least so far, or was put back. */
  get newest(): number {
    return this.#newest;
  }

  /** Whether what was read, knowing of positions up to `known`, is the log that its readers know. */
  isConfirmed(place: string, head: number, known: number): boolean {
    if (place !== this.#place || head < known) return false;
    this.#newest = Math.max(this.#newest, head);
    return true;
  }

  async confirm(): Promise<void> {
    this.#confirming ??= this.confirmOnce().finally(() => (this.#confirming = undefined));
    await this.#confirming;
  }

  private async confirmOnce(): Promise<void> {
    const [row] = await this.connections.query<Confirmed & Record<string, unknown>>(
      {
        text: `select place, incarnation, previous, refused from ${this.schema}.confirm_incarnation($1)`,
        values: [this.#newest],
      },
      'feed',
    );
    this.tell(row!);
    if (row!.incarnation !== row!.previous) this.#newest = 0;
    this.#place = row!.place;
  }

  private tell({ incarnation, previous, refused }: Confirmed): void {
    if (incarnation !== previous) {
      this.#logger.warn(
        `the log was restored or moved: its incarnation is now ${incarnation}, it was ${previous}. Readers of the feed are told.`,
      );
    }
    if (refused.length > 0 && !this.#warned) {
      this.#warned = true;
      this.#logger.warn(
        `PostgreSQL does not tell its ${refused.join(' and ')}: after restoring a backup, give the log a new incarnation ` +
          `by hand: update ${this.schema}.log_meta set incarnation = gen_random_uuid()`,
      );
    }
  }
}
