import { type FeedEvent, type FeedFilter, type FeedLog, fits, type LogView } from './feed-log.js';
import type { WakeListener } from './wake-listener.js';

/** Events kept: whoever waits at the log's end needs those since the last wake-up; whoever lags more reads the log. */
const KEPT = 1_000;
const PAGE = 500;
/** In case that a notification is missed. One cheap statement a second, and only while somebody waits. */
const POLL_MS = 1_000;

interface Known {
  readonly offset: number;
  readonly incarnation: string;
}

interface Waiter extends Known {
  readonly wake: () => void;
}

/** The log's newest events, read once per instance for all who wait for news, however many they are. */
export class FeedTail {
  /** Everything after `#from` up to `#to`. */
  #events: readonly FeedEvent[] = [];
  #from = 0;
  #to = 0;
  #head = 0;
  #floor = 0;
  #incarnation = '';
  /** The log reaches at least so far. */
  #announced = 0;
  #reading?: Promise<void>;
  #poll?: NodeJS.Timeout;
  readonly #waiting = new Set<Waiter>();

  constructor(
    private readonly log: FeedLog,
    private readonly listener: WakeListener,
  ) {
    listener.onWake((position) => this.announce(position));
  }

  get waiting(): number {
    return this.#waiting.size;
  }

  /** What it has after an offset; undefined where only the log can tell. */
  after(offset: number, limit: number, filter: FeedFilter & { incarnation: string }): LogView | undefined {
    if (!this.covers({ offset, incarnation: filter.incarnation })) return undefined;
    const events = this.#events.filter((event) => event.position > offset && fits(event, filter)).slice(0, limit);
    const scannedTo = events.length === limit ? events.at(-1)!.position : this.#to;
    return { incarnation: this.#incarnation, floor: this.#floor, head: this.#head, events, scannedTo };
  }

  /** Resolves when the log has more than is known, or is another one, or after `ms`, or at the signal. */
  async beyond({ offset, incarnation }: Known, ms: number, signal: AbortSignal): Promise<void> {
    if (signal.aborted || ms <= 0 || (incarnation === this.#incarnation && this.#to > offset)) return;
    await new Promise<void>((settle) => {
      const end = () => {
        clearTimeout(timer);
        signal.removeEventListener('abort', end);
        this.leave(waiter);
        settle();
      };
      const timer = setTimeout(end, ms);
      signal.addEventListener('abort', end);
      const waiter: Waiter = { offset, incarnation, wake: end };
      this.join(waiter);
    });
  }

  private covers({ offset, incarnation }: Known): boolean {
    return incarnation === this.#incarnation && offset >= this.#from && offset <= this.#to;
  }

  private join(waiter: Waiter): void {
    const isFirst = this.#waiting.size === 0;
    this.#waiting.add(waiter);
    if (isFirst) {
      if (!this.#reading && !this.covers(waiter)) this.startAt(waiter.offset, waiter.incarnation);
      this.#poll = setInterval(() => this.poll(), POLL_MS);
      void this.listener.start().catch(() => undefined);
    }
    // Of what was announced while nobody waited nothing has been read.
    if (this.#announced > this.#to || waiter.incarnation !== this.#incarnation) this.read();
  }

  private leave(waiter: Waiter): void {
    this.#waiting.delete(waiter);
    if (this.#waiting.size === 0) clearInterval(this.#poll);
  }

  private announce(position: number): void {
    this.#announced = Math.max(this.#announced, position);
    if (this.#waiting.size > 0 && this.#announced > this.#to) this.read();
  }

  private poll(): void {
    // Where nothing is delivered, nobody else connects it again.
    void this.listener.start().catch(() => undefined);
    this.read();
  }

  private read(): void {
    this.#reading ??= this.readAll()
      // Whoever waits looks for himself in a while, and learns what is wrong.
      .catch(() => void (this.#announced = this.#to))
      .finally(() => {
        this.#reading = undefined;
        if (this.#announced > this.#to && this.#waiting.size > 0) this.read();
      });
  }

  private async readAll(): Promise<void> {
    for (let done = false; !done;) {
      const told = this.#announced;
      const view = await this.log.read({ offset: this.#to, limit: PAGE });
      this.take(view);
      done = view.scannedTo >= view.head && told === this.#announced;
    }
    // Not beyond what there is: a log that was restored may be shorter than what was announced.
    this.#announced = this.#to;
  }

  private take(view: LogView): void {
    const { incarnation, head, floor } = view;
    const isOther = incarnation !== this.#incarnation || head < this.#to || floor > this.#to;
    if (isOther) this.startAt(head, incarnation);
    else this.add(view);
    this.#head = head;
    this.#floor = floor;
    for (const waiter of this.#waiting) {
      if (waiter.incarnation !== incarnation || waiter.offset < this.#to || waiter.offset > head) waiter.wake();
    }
  }

  private add({ events, scannedTo }: LogView): void {
    const all = [...this.#events, ...events];
    const dropped = all.length - KEPT;
    if (dropped > 0) this.#from = all[dropped - 1]!.position;
    this.#events = dropped > 0 ? all.slice(dropped) : all;
    this.#to = scannedTo;
  }

  private startAt(offset: number, incarnation: string): void {
    this.#events = [];
    this.#from = this.#to = this.#head = offset;
    this.#incarnation = incarnation;
  }
}
