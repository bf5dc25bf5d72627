import { PassingError } from './errors.js';

/** Ends a request when nothing comes for too long, as over a half-open connection, or when the caller has enough. */
export class Watchdog {
  readonly #request = new AbortController();
  readonly #stop = () => this.#request.abort(this.caller?.reason);

  constructor(
    private readonly limitMs: number,
    private readonly caller?: AbortSignal,
  ) {
    if (caller?.aborted) this.#stop();
    caller?.addEventListener('abort', this.#stop);
  }

  /** For `fetch`. */
  get signal(): AbortSignal {
    return this.#request.signal;
  }

  /** Waits for something to come; only then does silence count, not while the reader is busy. */
  async watch<T>(arriving: Promise<T>): Promise<T> {
    const silence = () => this.#request.abort(new PassingError(`Nothing came for ${this.limitMs} ms.`));
    const timer = setTimeout(silence, this.limitMs);
    return arriving.finally(() => clearTimeout(timer));
  }

  /** Closes the connection, if it is still open. */
  end(): void {
    this.caller?.removeEventListener('abort', this.#stop);
    this.#request.abort();
  }
}
