import { Logger } from '@nestjs/common';
import type { MessagingClock } from './clock.js';
import type { Unavailable } from './errors.js';

/** So many different keys failing in a row, without a success between them, are no fault of their messages. */
const KEYS_IN_A_ROW = 10;
const PAUSE_MS = 30_000;

/** Ends a lane's round: its consumer pauses, and no message loses an attempt. */
export class ConsumerPausedError extends Error {
  override readonly name = 'ConsumerPausedError';

  constructor(readonly waitMs: number) {
    super(`the consumer pauses for ${waitMs} ms`);
  }
}

/** Stops a consumer on this instance when it fails whatever it is given, instead of parking everything. */
export class Breaker {
  readonly #logger: Logger;
  readonly #failedKeys = new Set<string>();
  #pausedUntil = 0;
  #unavailable = false;

  constructor(
    consumer: string,
    private readonly clock: MessagingClock,
  ) {
    this.#logger = new Logger(consumer);
  }

  /** @throws ConsumerPausedError while the consumer pauses */
  check(): void {
    const wait = this.#pausedUntil - this.clock.now().getTime();
    if (wait > 0) throw new ConsumerPausedError(wait);
  }

  succeeded(): void {
    this.#failedKeys.clear();
    if (this.#unavailable) this.#logger.log('goes on');
    this.#unavailable = false;
  }

  /** What the consumer needs can't be reached: said once, and not by each of its lanes at each try. */
  unavailable({ message }: Unavailable): void {
    if (!this.#unavailable) this.#logger.warn(`waits, and no message loses an attempt: ${message}`);
    this.#unavailable = true;
  }

  /**
   * Counts a message that is about to be parked. After a pause the first failure is enough for another one.
   *
   * @throws ConsumerPausedError where it is one too many: then the message stays where it is
   */
  failed(key: string, error: unknown): void {
    this.#failedKeys.add(key);
    if (this.#failedKeys.size < KEYS_IN_A_ROW) return;
    this.#pausedUntil = this.clock.now().getTime() + PAUSE_MS;
    const reason = `${KEYS_IN_A_ROW} different keys failed in a row, the last with ${String(error)}`;
    this.#logger.error(`pauses for ${PAUSE_MS / 1_000} s: ${reason}`, (error as Error)?.stack);
    throw new ConsumerPausedError(PAUSE_MS);
  }
}
