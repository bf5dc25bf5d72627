import { Logger } from '@nestjs/common';
import { announce } from './announce.js';
import type { MessagingClock } from './clock.js';
import type { Consumer } from './consumer.js';
import type { StoredEvent } from './event-log.js';
import type { HeldMessage, HeldMessages } from './hold.js';
import type { MessagingObserver, ObservedMessage } from './observer.js';
import { perform } from './perform.js';
import { errorCode, isInfrastructureFailure } from './postgres-errors.js';
import type { ClosingStatement } from './unit.js';
import type { UnitOfWork } from './unit-of-work.js';

export interface ParkingServices {
  readonly unitOfWork: UnitOfWork;
  readonly held: HeldMessages;
  readonly clock: MessagingClock;
  readonly observer: MessagingObserver;
}

/**
 * The held messages of one lane. Only the lane adds to them and retries them, so a key that is not known here is not
 * held; a key that is known may have been discarded meanwhile, which is looked up before it is relied on.
 */
export class Parking {
  readonly #logger: Logger;
  #keys = new Set<string>();
  /** When the first head is due, in ms; 0 while nobody has looked. */
  #dueAt = 0;

  constructor(
    private readonly consumer: Consumer,
    private readonly partition: number,
    private readonly services: ParkingServices,
  ) {
    this.#logger = new Logger(consumer.name);
  }

  get empty(): boolean {
    return this.#keys.size === 0;
  }

  /** Forgets what it knows and reads it anew. */
  async load(): Promise<void> {
    this.#keys = await this.services.held.keysOf(this.consumer.name, this.partition);
    this.#dueAt = 0;
  }

  /** A head may have become due, perhaps because an operator said so. */
  lookAgain(): void {
    this.#dueAt = 0;
  }

  /** The key that an event would have to wait behind. */
  keyHolding(stored: StoredEvent): string | undefined {
    if (this.empty) return undefined;
    const key = this.consumer.parkKey(stored);
    return this.#keys.has(key) ? key : undefined;
  }

  /** Takes an event whose first attempt failed; `step` lets the lane go on. */
  async park(stored: StoredEvent, error: unknown, step: readonly ClosingStatement[]): Promise<void> {
    const { held, unitOfWork } = this.services;
    const parked = held.hold(this.consumer, stored, error);
    await unitOfWork.runAsWorker(
      async () => undefined,
      () => [parked.statement, ...step],
    );
    this.#keys.add(this.consumer.parkKey(stored));
    this.#dueAt = 0;
    this.report(stored, error, 1, parked.nextAttemptAt);
  }

  /** Puts an event behind others of its key; returns false where none of them is held any more. */
  async parkBehind(stored: StoredEvent, key: string, step: readonly ClosingStatement[]): Promise<boolean> {
    const { held, unitOfWork } = this.services;
    let stillHeld = true;
    await unitOfWork.runAsWorker(
      async (manager) => void (stillHeld = await held.lockHead(manager, this.consumer.name, key)),
      () => (stillHeld ? [held.hold(this.consumer, stored).statement, ...step] : []),
    );
    if (!stillHeld) this.#keys.delete(key);
    return stillHeld;
  }

  /** Tries the head that has been due longest. Returns whether there was one. */
  async retryDue(): Promise<boolean> {
    if (this.empty || this.#dueAt > this.services.clock.now().getTime()) return false;
    const head = await this.services.held.nextDue(this.consumer.name, this.partition);
    if (head) await this.retry(head);
    else await this.lookAhead();
    return head !== undefined;
  }

  /** Milliseconds until the first head is due; undefined where there is none. */
  get wait(): number | undefined {
    if (this.empty || this.#dueAt === Infinity) return undefined;
    return Math.max(this.#dueAt - this.services.clock.now().getTime(), 0);
  }

  private async retry(head: HeldMessage): Promise<void> {
    const { held, unitOfWork } = this.services;
    const release = held.release(head, (more) => void (more || this.#keys.delete(head.parkKey)));
    try {
      const attempt = head.attempts + 1;
      const work = await this.consumer.prepare(head.stored, attempt);
      const { name } = this.consumer;
      const event = () => this.consumer.describe(head.stored);
      announce(this.#logger, () => `handling event ${event()} with handler ${name}, attempt ${attempt}`);
      await perform(unitOfWork, this.consumer, work ?? (async () => undefined), () => [release]);
      this.services.observer.handled(this.observed);
    } catch (error) {
      if (isInfrastructureFailure(error)) throw error;
      // AC002: an operator discarded the message, or another instance handled it.
      if (errorCode(error) === 'AC002') return;
      const next = await held.failed(this.consumer, head, error);
      this.report(head.stored, error, head.attempts + 1, next);
    }
  }

  private async lookAhead(): Promise<void> {
    const due = await this.services.held.nextDueAt(this.consumer.name, this.partition);
    this.#dueAt = due?.getTime() ?? Infinity;
  }

  private report(stored: StoredEvent, error: unknown, attempts: number, nextAttemptAt: Date | undefined): void {
    const event = this.consumer.describe(stored);
    const outcome = nextAttemptAt
      ? `attempt ${attempts} failed for event ${event}`
      : `gave up event ${event} after ${attempts} attempts`;
    const line = `${outcome} with handler ${this.consumer.name} (id ${stored.eventId}): ${String(error)}`;
    this.#logger[nextAttemptAt ? 'warn' : 'error'](line, (error as Error)?.stack);
    const failure = { exception: error, cause: this.consumer.cause(stored) };
    this.services.observer.failed(this.observed, nextAttemptAt === undefined, failure);
  }

  private get observed(): ObservedMessage {
    return { kind: 'event', consumer: this.consumer.name };
  }
}
