import { Logger } from '@nestjs/common';
import { ConsumerPausedError } from './breaker.js';
import type { Delivery } from './delivery.js';
import { NotNumberedError, Unavailable } from './errors.js';
import type { EventLog, EventPage, StoredEvent } from './event-log.js';
import type { LogBuffer } from './log-buffer.js';
import type { LaneKey } from './progress.js';

/** Events that a lane takes from its source at a time. */
const PAGE = 500;
/** A lane's pause after its database, or what its consumer needs, failed; doubled up to the second figure. */
const BACK_OFF_MS = [100, 5_000] as const;
/** The scheduled tick finds what is due later. */
const LONGEST_TIMER_MS = 60_000;

export interface LaneServices {
  readonly log: EventLog;
  /** Called when a lane has nothing more to do. */
  readonly drained: () => void;
}

/** One consumer's events of one partition, strictly in order: says when there is something to deliver, and where from. */
export class Lane {
  readonly #logger: Logger;
  #running?: Promise<void>;
  #woken = false;
  /** Its consumer pauses; said by the breaker. */
  #paused = false;
  #stopped = false;
  /** Its progress is not where it takes it to be. */
  #overtaken = false;
  /** What it may begin with behind `after`. */
  #ahead?: EventPage & { readonly after: number };
  #timer?: NodeJS.Timeout;
  #backOff: number = BACK_OFF_MS[0];

  constructor(
    readonly key: LaneKey,
    private readonly delivery: Delivery,
    private readonly buffer: LogBuffer,
    private readonly services: LaneServices,
  ) {
    this.#logger = new Logger(key.consumer);
  }

  get position(): number {
    return this.delivery.at;
  }

  get idle(): boolean {
    return !this.#running && (this.#paused || this.position >= this.buffer.scannedTo);
  }

  /** New events of the partition after `before`; without one for this consumer the lane moves on without waking. */
  offer(events: readonly StoredEvent[], before: number): void {
    const concerned = events.some((event) => this.delivery.concerns(event));
    // Where the buffer has begun anew behind the lane, nobody has read what lies between.
    const upToDate = this.position === before && this.buffer.covers(before);
    if (!concerned && upToDate && !this.#running && !this.#stopped) {
      this.delivery.passOver(this.buffer.scannedTo);
    } else this.wake();
  }

  /**
   * Events behind `after` that are being numbered: a lane that has nothing else to do handles them meanwhile, and commits
   * once they are. They come again with `offer`, to whoever did not.
   */
  ahead(after: number, page: EventPage): void {
    const ready = this.position === after && !this.#running && !this.#stopped && !this.#paused;
    if (!ready || !this.delivery.mayBegin(page.events)) return;
    this.#ahead = { ...page, after };
    this.wake();
  }

  /** A held message may have become due, or a pause may be over. */
  wakeHeld(): void {
    this.delivery.obstacles.parking.lookAgain();
    if (!this.delivery.obstacles.parking.empty || this.#paused) this.wake();
  }

  /** Goes on with whatever there is to do. */
  wake(): void {
    this.#woken = true;
    if (this.#stopped) return;
    this.#running ??= this.run().finally(() => {
      this.#running = undefined;
      // Woken between the loop's last look and here.
      if (this.#woken) this.wake();
      this.services.drained();
    });
  }

  /** Finishes the event at hand. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    await this.#running;
  }

  async settle(): Promise<void> {
    await this.#running;
  }

  /** What to store for events that were passed over, or undefined. */
  get unstored(): { from: number; to: number } | undefined {
    return this.#running ? undefined : this.delivery.unstored;
  }

  storedUpTo(position: number): void {
    this.delivery.storedUpTo(position);
  }

  /** A step of it is stored already: by another instance, or by a statement of its own whose answer was lost. */
  overtaken(): void {
    this.#overtaken = true;
    this.wake();
  }

  private async run(): Promise<void> {
    while (this.#woken && !this.#stopped) {
      this.#woken = this.#paused = false;
      try {
        await this.catchUp();
        await this.drain();
        this.#backOff = BACK_OFF_MS[0];
      } catch (error) {
        await this.recover(error);
      }
    }
  }

  private async catchUp(): Promise<void> {
    if (this.#overtaken) await this.delivery.load();
    this.#overtaken = false;
  }

  private async drain(): Promise<void> {
    const { parking } = this.delivery.obstacles;
    const stopped = () => this.#stopped;
    for (;;) {
      while (!stopped() && (await parking.retryDue()));
      const page = stopped() ? undefined : await this.next();
      if (!page || page.events.length === 0) break;
      await this.delivery.deliver(page, stopped);
    }
    if (parking.wait !== undefined) this.wakeIn(parking.wait);
  }

  /** The next events, from memory where it reaches back far enough. */
  private async next(): Promise<EventPage> {
    const ahead = this.#ahead;
    this.#ahead = undefined;
    if (ahead?.after === this.position) return ahead;
    while (!this.buffer.covers(this.position)) {
      const page = await this.services.log.read([this.key.partition], this.position, PAGE);
      if (page.events.length > 0) return page;
      this.delivery.passOver(page.scannedTo);
    }
    const events = this.buffer.after(this.position, PAGE);
    if (events.length === 0) this.delivery.passOver(this.buffer.scannedTo);
    return { events };
  }

  private async recover(error: unknown): Promise<void> {
    this.#ahead = undefined;
    if (error instanceof ConsumerPausedError) {
      this.#paused = true;
      this.#woken = false;
      return this.wakeIn(error.waitMs);
    }
    try {
      if (!this.delivery.isTaken(error)) throw error;
      await this.delivery.load();
      this.#woken = true;
    } catch (failure) {
      if (failure instanceof Unavailable) this.delivery.obstacles.breaker.unavailable(failure);
      // The pump says it for all lanes.
      else if (!(failure instanceof NotNumberedError))
        this.#logger.warn(`pausing for ${this.#backOff} ms: ${String(failure)}`);
      this.wakeIn(this.#backOff);
      this.#backOff = Math.min(this.#backOff * 2, BACK_OFF_MS[1]);
    }
  }

  private wakeIn(wait: number): void {
    clearTimeout(this.#timer);
    if (!this.#stopped && wait < LONGEST_TIMER_MS) this.#timer = setTimeout(() => this.wake(), wait).unref();
  }
}
