import { type Attempt, attemptAt, settle } from './attempt.js';
import type { MessagingClock } from './clock.js';
import type { Consumer } from './consumer.js';
import type { StoredEvent } from './event-log.js';
import type { HeldMessage, HeldMessages } from './hold.js';
import type { MessagingObserver } from './observer.js';
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
  #keys = new Set<string>();
  /** When the first head is due, in ms; 0 while nobody has looked. */
  #dueAt = 0;

  constructor(
    private readonly consumer: Consumer,
    private readonly partition: number,
    private readonly services: ParkingServices,
  ) {}

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
  async park(stored: StoredEvent, error: unknown, attempt: Attempt, step: readonly ClosingStatement[]): Promise<void> {
    const { held, unitOfWork } = this.services;
    const parked = held.hold(this.consumer, stored, error);
    await unitOfWork.runAsWorker(async () => unitOfWork.closeWith(parked.statement, ...step));
    this.#keys.add(this.consumer.parkKey(stored));
    this.#dueAt = 0;
    attempt.report(error, parked.nextAttemptAt);
  }

  /** Puts an event behind others of its key; returns false where none of them is held any more. */
  async parkBehind(stored: StoredEvent, key: string, step: readonly ClosingStatement[]): Promise<boolean> {
    const { held, unitOfWork } = this.services;
    let stillHeld = true;
    await unitOfWork.runAsWorker(async (manager) => {
      stillHeld = await held.lockHead(manager, this.consumer.name, key);
      if (stillHeld) unitOfWork.closeWith(held.hold(this.consumer, stored).statement, ...step);
    });
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
    const { stored } = head;
    const attempts = head.attempts + 1;
    const attempt = attemptAt(stored, attempts, this.consumer, this.services.observer);
    try {
      await settle([{ attempt }], async () => {
        const work = await this.consumer.prepare(stored, attempts);
        await perform(unitOfWork, this.consumer, work ?? (async () => undefined), async () => [release]);
      });
    } catch (error) {
      if (isInfrastructureFailure(error)) throw error;
      // AC002: an operator discarded the message, or another instance handled it.
      if (errorCode(error) === 'AC002') return;
      attempt.report(error, await held.failed(this.consumer, head, error));
    }
  }

  private async lookAhead(): Promise<void> {
    const due = await this.services.held.nextDueAt(this.consumer.name, this.partition);
    this.#dueAt = due?.getTime() ?? Infinity;
  }
}
