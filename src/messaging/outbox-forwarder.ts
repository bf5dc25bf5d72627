import { Logger } from '@nestjs/common';
import type { ConsumerRegistry } from './consumer-registry.js';
import type { Leases, TickResult } from './leases.js';
import type { Settings } from './options.js';
import { Pump, type PumpServices } from './pump.js';
import type { QueueWorker } from './queue-worker.js';
import type { WakeListener } from './wake-listener.js';

/**
 * The safety net's period: a commit or a notification wakes the forwarder long before. A little over a second, so that
 * an idle instance stays below one statement a second also while it does the cluster's housekeeping.
 */
export const TICK_MS = 1_200;

export interface ForwarderServices extends PumpServices {
  readonly leases: Leases;
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
  readonly #pump: Pump;
  #ticking?: Promise<void>;
  #registryState?: string | null;
  #failing = false;
  #started = false;
  #stopped = false;

  constructor(
    private readonly services: ForwarderServices,
    private readonly settings: Settings,
  ) {
    this.#pump = new Pump(services);
  }

  async start(): Promise<void> {
    await this.services.registry.register();
    this.#started = true;
    this.services.listener.onWake((position) => this.#pump.announce(position));
    await this.tick();
  }

  get schema(): string {
    return this.settings.schema;
  }

  /** Something was committed here. */
  kick(): void {
    this.#pump.kick();
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
    await this.#pump.stop();
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
    await this.#pump.settle();
    this.services.partitions.wakeHeld();
    await this.services.partitions.settle();
  }

  async isSettled(): Promise<boolean> {
    const { head, unsequenced } = await this.services.leases.tick();
    return !unsequenced && this.#pump.tail === head && this.services.partitions.idle;
  }

  private async tickOnce(): Promise<void> {
    try {
      const now = await this.services.leases.tick();
      const first = this.#pump.tail === undefined;
      this.#pump.begin(now.head);
      await this.follow(now);
      await this.services.listener.start();
      await this.services.partitions.storeSkippedIfDue();
      if (now.heldDue) this.services.partitions.wakeHeld();
      this.services.worker.careful = now.careful;
      if (now.commandsDue) this.services.worker.scan();
      if (now.unsequenced && (first || this.settings.poll)) this.kick();
      if (this.settings.poll) this.#pump.announce(now.head);
      this.#pump.readOn();
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
    await Promise.all(missing.map((partition) => partitions.open(partition, consumers.driven, () => this.#pump.tail!)));
    partitions.tellOfMoves();
  }
}
