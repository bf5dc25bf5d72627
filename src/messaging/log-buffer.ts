import type { StoredEvent } from './event-log.js';

/** Events kept for the lanes of a partition; a lane further behind reads the log for itself. */
export const BUFFER_LIMIT = 2_000;

/** The log's newest events of one partition: read once, used by every consumer. Holds all of them after `from`. */
export class LogBuffer {
  #events: StoredEvent[] = [];
  #from: number;
  #scannedTo: number;

  constructor(from: number) {
    this.#from = from;
    this.#scannedTo = from;
  }

  /** Everything of the partition up to here has been read. */
  get scannedTo(): number {
    return this.#scannedTo;
  }

  covers(position: number): boolean {
    return position >= this.#from;
  }

  /** Adds what was read of the partition between `after` and `scannedTo`; after a gap it begins anew. */
  add(events: readonly StoredEvent[], after: number, scannedTo: number): void {
    if (after !== this.#scannedTo) {
      this.#events = [];
      this.#from = after;
    }
    this.#events.push(...events);
    this.#scannedTo = scannedTo;
    if (this.#events.length <= BUFFER_LIMIT) return;
    const dropped = this.#events.splice(0, this.#events.length - BUFFER_LIMIT / 2);
    this.#from = dropped.at(-1)!.position;
  }

  after(position: number, limit: number): readonly StoredEvent[] {
    const start = this.indexAfter(position);
    return this.#events.slice(start, start + limit);
  }

  /** How many events lie after a position. */
  countAfter(position: number): number {
    return this.#events.length - this.indexAfter(position);
  }

  private indexAfter(position: number): number {
    let low = 0;
    let high = this.#events.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#events[middle]!.position <= position) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
