import { Logger } from '@nestjs/common';
import type { EventLog, LogPage } from './event-log.js';
import type { Partitions } from './partitions.js';
import type { Sequencer } from './sequencer.js';

const READ_PAGE = 1_000;

export interface PumpServices {
  readonly sequencer: Sequencer;
  readonly log: EventLog;
  readonly partitions: Partitions;
}

/** Moves what was committed into the log, reads the log's end once for all lanes, and hands it to them. */
export class Pump {
  readonly #logger = new Logger('OutboxForwarder');
  /** The log has been read up to here; undefined until it begins. */
  #tail?: number;
  /** The log reaches at least so far. */
  #head = 0;
  /** Something may have been committed that is not in the log yet. */
  #unsequenced = false;
  /** Reading stopped before the log's end, because the lanes can't keep up. */
  #behind = false;
  /** Whether the last flight ended well, and gave all that it was asked for: else the next one only moves. */
  #glimpses = true;
  #failing = false;
  #pumping?: Promise<void>;
  #stopped = false;

  constructor(private readonly services: PumpServices) {
    services.partitions.onDrained = () => this.#behind && this.readOn();
  }

  /** Undefined until it has begun. */
  get tail(): number | undefined {
    return this.#tail;
  }

  /** Reads what comes after `position`. */
  begin(position: number): void {
    this.#tail ??= position;
  }

  /** Something was committed here. */
  kick(): void {
    this.#unsequenced = true;
    this.pump();
  }

  /** The log has grown, here or in another instance. */
  announce(position: number): void {
    this.#head = Math.max(this.#head, position);
    this.pump();
  }

  /** One more page, though perhaps not every lane is ready for it: one that stands still must not stop the others. */
  readOn(): void {
    this.#behind = false;
    this.pump();
  }

  /** Resolves when there is nothing left to move, or the lanes can't keep up. */
  async settle(): Promise<void> {
    while (this.#pumping) await this.#pumping;
  }

  /** Finishes the batch at hand. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#pumping;
  }

  /** One run at a time; what comes meanwhile is done right after. */
  private pump(): void {
    if (this.#stopped || this.#tail === undefined || !this.hasWork) return;
    this.#pumping ??= this.run()
      .catch((error: unknown) => this.waitForTick(error))
      .finally(() => {
        this.#pumping = undefined;
        // Asked for between the loop's last look and here.
        this.pump();
      });
  }

  private get hasWork(): boolean {
    return this.#unsequenced || this.hasUnread;
  }

  private get hasUnread(): boolean {
    return this.#head > this.#tail! && !this.#behind;
  }

  /** In turns, so that the lanes are at work from the first batch of a long outbox on. */
  private async run(): Promise<void> {
    while (this.hasWork && !this.#stopped) {
      if (this.#unsequenced) await this.sequence();
      if (this.hasUnread) await this.readTail();
    }
    this.#failing = false;
  }

  private async sequence(): Promise<void> {
    this.#unsequenced = false;
    const { owned } = this.services.partitions;
    const after = this.#tail!;
    const reads = owned.length > 0 && !this.#behind;
    const reading = reads && this.#glimpses ? this.services.log.glimpse(owned, after) : undefined;
    this.#glimpses = false;
    const { last, more, page, numbered } = await this.services.sequencer.run(reading);
    if (page) this.services.partitions.ahead(after, { ...page, numbered });
    await numbered;
    this.#glimpses = !reading || page !== undefined;
    this.#unsequenced ||= more;
    this.#head = Math.max(this.#head, last);
    if (page) this.handOver(owned, after, page);
    else if (reads) await this.readTail();
  }

  private waitForTick(error: unknown): void {
    this.#unsequenced = false;
    this.#head = 0;
    // Said once; the next ticks go on trying.
    if (!this.#stopped) this.#logger[this.#failing ? 'debug' : 'warn'](`pausing until the next tick: ${String(error)}`);
    this.#failing = true;
  }

  private async readTail(): Promise<void> {
    const { owned } = this.services.partitions;
    const after = this.#tail!;
    // Lanes that are opened later read for themselves what lies before the tail.
    if (owned.length === 0) this.#tail = Math.max(after, this.#head);
    else this.handOver(owned, after, await this.services.log.read(owned, after, READ_PAGE));
  }

  /** Stops reading where the lanes can't keep up, until one of them has caught up. */
  private handOver(owned: readonly number[], after: number, page: LogPage): void {
    const { partitions } = this.services;
    this.#tail = page.scannedTo;
    partitions.add(owned, after, page);
    this.#behind = page.events.length === READ_PAGE && !partitions.hungry;
  }
}
