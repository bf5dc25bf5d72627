import { type Attempt, attemptAt, settle } from './attempt.js';
import type { Breaker } from './breaker.js';
import type { Consumer, Work } from './consumer.js';
import { Unrecoverable } from './errors.js';
import type { EventPage, StoredEvent } from './event-log.js';
import type { MessagingObserver } from './observer.js';
import type { Parking } from './parking.js';
import { perform, workOf } from './perform.js';
import { isInfrastructureFailure } from './postgres-errors.js';
import type { LaneKey, Progress } from './progress.js';
import type { ClosingStatement } from './unit.js';
import type { Suspicion } from './suspicion.js';
import type { UnitOfWork } from './unit-of-work.js';

/** What is to be done about one event: its work, or the reason why it must be held. */
interface Step {
  readonly stored: StoredEvent;
  readonly attempt: Attempt;
  readonly work?: Work;
  readonly failure?: unknown;
  readonly behind?: string;
}

export interface DeliveryServices {
  readonly unitOfWork: UnitOfWork;
  readonly progress: Progress;
  readonly observer: MessagingObserver;
}

/** What may stand between an event and its delivery. */
export interface Obstacles {
  readonly parking: Parking;
  readonly suspicion: Suspicion;
  readonly breaker: Breaker;
}

/**
 * Hands one lane's events to its consumer. The effects of an event and the step from the last position to the event's
 * own are one transaction, so that both happen once, however many instances try; outside transactions the step follows.
 */
export class Delivery {
  #at = 0;
  /** Up to here progress is stored; between it and `at` lie events that the consumer does not handle. */
  #stored = 0;
  /** Of the page at hand. */
  #numbered: EventPage['numbered'];

  constructor(
    private readonly consumer: Consumer,
    private readonly key: LaneKey,
    readonly obstacles: Obstacles,
    private readonly services: DeliveryServices,
  ) {}

  /** Everything up to here is done. */
  get at(): number {
    return this.#at;
  }

  /** What to store for events that were passed over, or undefined. */
  get unstored(): { from: number; to: number } | undefined {
    return this.#at > this.#stored ? { from: this.#stored, to: this.#at } : undefined;
  }

  /**
   * Reads anew how far the lane has come and what it holds. Whatever another instance parked came with a step of its
   * own, so whoever reads position and keys, in this order, and then steps on from there, knows of all of it.
   */
  async load(): Promise<void> {
    this.#at = this.#stored = await this.services.progress.of(this.key);
    await this.obstacles.parking.load();
    await this.obstacles.suspicion.load();
  }

  passOver(to: number): void {
    this.#at = Math.max(this.#at, to);
  }

  storedUpTo(position: number): void {
    this.#stored = Math.max(this.#stored, position);
  }

  /** Delivers events in their order, until it is told to stop. */
  async deliver({ events, numbered }: EventPage, stopped: () => boolean): Promise<void> {
    this.#numbered = numbered;
    let batch: Step[] = [];
    for (const stored of events) {
      if (stopped()) break;
      this.obstacles.breaker.check();
      const step = this.concerns(stored) && (await this.prepare(stored));
      if (step) batch.push(step);
      if (batch.length < (this.obstacles.suspicion.active ? 1 : this.consumer.batch)) continue;
      await this.commit(batch);
      batch = [];
    }
    await this.commit(batch);
    await numbered;
    if (!stopped()) this.passOver(events.at(-1)!.position);
  }

  /** Whether any of these concerns it, and what it does about them is one transaction with its step. */
  mayBegin(events: readonly StoredEvent[]): boolean {
    return this.consumer.transaction && events.some((stored) => this.concerns(stored));
  }

  concerns(stored: StoredEvent): boolean {
    return this.consumer.types?.includes(stored.type) ?? true;
  }

  /** Whether an error says that another instance did this step. */
  isTaken(error: unknown): boolean {
    return this.services.progress.isTaken(error);
  }

  private async prepare(stored: StoredEvent): Promise<Step | undefined> {
    const attempt = attemptAt(stored, 1, this.consumer, this.services.observer);
    try {
      const behind = this.obstacles.parking.keyHolding(stored);
      if (behind !== undefined) return { stored, attempt, behind };
      const work = await this.consumer.prepare(stored, 1);
      return work && { stored, attempt, work };
    } catch (error) {
      return { stored, attempt, failure: attempt.run(() => attempt.failed(error)) };
    }
  }

  /** Steps that may share a transaction do; when that fails each is tried alone, and only that counts as an attempt. */
  private async commit(steps: readonly Step[]): Promise<void> {
    if (steps.length > 1 && steps.every((step) => step.work) && (await this.commitTogether(steps))) return;
    for (const [i, step] of steps.entries()) {
      // A step before this one may have been held, and then this one must wait behind it.
      const current = i === 0 ? step : await this.prepare(step.stored);
      if (current) await this.commitOne(current);
    }
  }

  private async commitTogether(steps: readonly Step[]): Promise<boolean> {
    try {
      await this.transact(steps);
      return true;
    } catch (error) {
      if (this.isNoAttempt(error)) throw error;
      return false;
    }
  }

  private async commitOne(step: Step): Promise<void> {
    const { suspicion } = this.obstacles;
    const { stored } = step;
    const verdict = suspicion.verdict(stored.position);
    if (step.behind !== undefined) return this.parkBehind(stored, step.behind);
    if (step.failure !== undefined) return this.park(step, step.failure);
    if (verdict !== undefined) return this.park(step, new Unrecoverable(verdict));
    try {
      await suspicion.guard(stored.position, () => this.transact([step]));
    } catch (error) {
      if (this.isNoAttempt(error)) throw error;
      this.obstacles.breaker.failed(this.consumer.parkKey(stored), error);
      await this.park(step, error);
    }
  }

  private async transact(steps: readonly Step[]): Promise<void> {
    const last = steps.at(-1)!.stored;
    const { consumer } = this;
    const transaction = async () => {
      await perform(this.services.unitOfWork, consumer, workOf(consumer, steps), () => this.stepTo(last));
      this.stepped(last);
      this.obstacles.breaker.succeeded();
    };
    await settle(steps, transaction);
  }

  private async park({ stored, attempt }: Step, error: unknown): Promise<void> {
    await this.obstacles.parking.park(stored, error, attempt, await this.stepTo(stored));
    this.stepped(stored);
  }

  private async parkBehind(stored: StoredEvent, key: string): Promise<void> {
    if (await this.obstacles.parking.parkBehind(stored, key, await this.stepTo(stored))) return this.stepped(stored);
    const step = await this.prepare(stored);
    if (step) await this.commitOne(step);
  }

  /** Not before the event's position is final. */
  private async stepTo({ position }: StoredEvent): Promise<ClosingStatement[]> {
    await this.#numbered;
    const step = this.services.progress.step(this.key, this.#stored, position);
    return [step, ...this.obstacles.suspicion.closing(position)];
  }

  private stepped({ position }: StoredEvent): void {
    this.#at = this.#stored = position;
    this.obstacles.suspicion.passed(position);
  }

  private isNoAttempt(error: unknown): boolean {
    return isInfrastructureFailure(error) || this.isTaken(error);
  }
}
