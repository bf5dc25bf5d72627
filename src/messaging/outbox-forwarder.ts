import { Logger } from '@nestjs/common';
import type { ConsumerRegistry } from './consumer-registry.js';
import type { EventLog } from './event-log.js';
import type { Leases, TickResult } from './leases.js';
import type { Settings } from './options.js';
import type { Partitions } from './partitions.js';
import type { QueueWorker } from './queue-worker.js';
import type { Sequencer } from './sequencer.js';
import type { WakeListener } from './wake-listener.js';

/**
 * The safety net's period: a commit or a notification wakes the forwarder long before. A little over a second, so that
 * an idle instance stays below one statement a second also while it does the cluster's housekeeping.
 */
export const TICK_MS = 1_200;
const READ_PAGE = 1_000;

export interface ForwarderServices {
  readonly leases: Leases;
  readonly sequencer: Sequencer;
  readonly log: EventLog;
  readonly partitions: Partitions;
  readonly registry: ConsumerRegistry;
  readonly worker: QueueWorker;
  readonly listener: WakeListener;
}

/**
 * Moves what was committed into the log and hands it to the lanes. Kicked after each commit of this process, woken by
 * the sequencer's notification from others, and scheduled once a second in case that both were missed.
 */
export class OutboxForwarder {
  readonly #logger = new Logger('OutboxForwarder');
  /** The log has been read up to here; undefined until the first tick. */
  #tail?: number;
  #pumping?: Promise<void>;
  /** The log reaches at least so far. */
  #head = 0;
  /** Something may have been committed that is not in the log yet. */
  #unsequenced = false;
  /** Reading stopped before the log's end, because the lanes can't keep up. */
  #behind = false;
  #ticking?: Promise<void>;
  #registryState?: string | null;
  #failing = false;
  #started = false;
  #stopped = false;

  constructor(
    private readonly services: ForwarderServices,
    private readonly settings: Settings,
  ) {}

  async start(): Promise<void> {
    await this.services.registry.register();
    this.#started = true;
    this.services.listener.onWake((position) => this.announce(position));
    this.services.partitions.onDrained = () => this.#behind && this.pump();
    await this.tick();
  }

  get schema(): string {
    return this.settings.schema;
  }

  /** Something was committed here. */
  kick(): void {
    this.#unsequenced = true;
    this.pump();
  }

  /** Runs every {@link TICK_MS}, as long as the application does. */
  async tick(): Promise<void> {
    if (!this.#started || this.#stopped) return;
    // An interval fires whether or not its last run has ended.
    this.#ticking ??= this.tickOnce().finally(() => (this.#ticking = undefined));
    await this.#ticking;
  }

  /** Finishes what runs, within the shutdown's limit, and gives the partitions back. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#ticking;
    await this.#pumping;
    await this.services.listener.stop();
    await this.services.worker.stop();
    const { owned } = this.services.partitions;
    await this.services.partitions.close(owned);
    this.services.partitions.tellOfMoves();
    await this.services.leases.leave().catch(() => undefined);
  }

  /** Resolves when everything that was committed is in the log and no lane is at work. */
  async settle(): Promise<void> {
    this.kick();
    while (this.#pumping) await this.#pumping;
    this.services.partitions.wakeHeld();
    await this.services.partitions.settle();
  }

  async isSettled(): Promise<boolean> {
    const { head, unsequenced } = await this.services.leases.tick();
    return !unsequenced && this.#tail === head && this.services.partitions.idle;
  }

  private async tickOnce(): Promise<void> {
    try {
      const now = await this.services.leases.tick();
      const first = this.#tail === undefined;
      this.#tail ??= now.head;
      await this.follow(now);
      await this.services.listener.start();
      await this.services.partitions.storeSkippedIfDue();
      if (now.heldDue) this.services.partitions.wakeHeld();
      this.services.worker.careful = now.careful;
      if (now.commandsDue) this.services.worker.scan();
      if (now.unsequenced && (first || this.settings.poll)) this.kick();
      if (this.settings.poll) this.announce(now.head);
      this.#failing = false;
    } catch (error) {
      // Said once; the next ticks go on trying.
      if (!this.#failing && !this.#stopped) this.#logger.error(`can't reach PostgreSQL: ${String(error)}`);
      this.#failing = true;
    }
  }

  /** Opens and closes partitions so that this instance has those that it leases, and at most its fair share. */
  private async follow({ owned, fairShare, registry }: TickResult): Promise<void> {
    const { leases, partitions, registry: consumers } = this.services;
    const changed = registry !== this.#registryState;
    if (changed) await consumers.load();
    this.#registryState = registry;
    const surplus = owned.slice(fairShare);
    const wanted = owned.slice(0, fairShare);
    const lost = partitions.owned.filter((partition) => changed || !wanted.includes(partition));
    await partitions.close(lost);
    await leases.release(surplus);
    const missing = wanted.filter((partition) => !partitions.owned.includes(partition));
    await Promise.all(missing.map((partition) => partitions.open(partition, consumers.driven, () => this.#tail!)));
    partitions.tellOfMoves();
  }

  /** The log has grown, here or in another instance. */
  private announce(position: number): void {
    this.#head = Math.max(this.#head, position);
    this.pump();
  }

  /** Sequences and reads, one run at a time; what comes meanwhile is done right after. */
  private pump(): void {
    if (this.#stopped || this.#tail === undefined || !this.hasWork) return;
    this.#pumping ??= this.pumpAll()
      .catch((error: unknown) => this.waitForTick(error))
      .finally(() => {
        this.#pumping = undefined;
        // Asked for between the loop's last look and here.
        if (!this.#behind) this.pump();
      });
  }

  private get hasWork(): boolean {
    return this.#unsequenced || this.#head > this.#tail!;
  }

  private async pumpAll(): Promise<void> {
    this.#behind = false;
    while (this.hasWork && !this.#behind && !this.#stopped) {
      if (this.#unsequenced) await this.sequence();
      if (this.#head > this.#tail!) await this.readTail();
    }
  }

  private async sequence(): Promise<void> {
    this.#unsequenced = false;
    this.#head = Math.max(this.#head, await this.services.sequencer.run());
  }

  private waitForTick(error: unknown): void {
    this.#unsequenced = false;
    this.#head = 0;
    if (!this.#stopped) this.#logger.debug(`pausing until the next tick: ${String(error)}`);
  }

  /** Reads the log's end for all lanes; stops where they can't keep up, and is called again when they have caught up. */
  private async readTail(): Promise<void> {
    const { partitions, log } = this.services;
    const { owned } = partitions;
    const after = this.#tail!;
    // Lanes that are opened later read for themselves what lies before the tail.
    if (owned.length === 0) {
      this.#tail = this.#head;
      return;
    }
    const page = await log.read(owned, after, READ_PAGE);
    this.#tail = page.scannedTo;
    partitions.add(owned, after, page);
    this.#behind = page.events.length === READ_PAGE && !partitions.hungry;
  }
}
