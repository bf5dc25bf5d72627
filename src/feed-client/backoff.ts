import { PassingError } from './errors.js';

/** Short enough that a restart is hardly noticed. */
const FIRST_MS = 500;
/** Long enough that a service in trouble isn't held down by its readers. */
const LONGEST_MS = 30_000;

/** Waits that double, each with a random half, so that readers which failed together don't come back together. */
export class Backoff {
  #failures = 0;

  reset(): void {
    this.#failures = 0;
  }

  /** In ms; at least what the service asked for. */
  next(error?: unknown): number {
    const most = Math.min(FIRST_MS * 2 ** this.#failures, LONGEST_MS);
    this.#failures++;
    const asked = error instanceof PassingError ? error.retryAfterMs : 0;
    return asked + most / 2 + (Math.random() * most) / 2;
  }
}

/** Ends early at the signal. */
export function pause(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((settle) => {
    const end = () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', end);
      settle();
    };
    const timer = setTimeout(end, ms);
    signal?.addEventListener('abort', end);
    if (signal?.aborted) end();
  });
}
