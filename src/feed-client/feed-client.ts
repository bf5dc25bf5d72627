import { Backoff, pause } from './backoff.js';
import type { Connection, RequestHeaders } from './connection.js';
import { FeedClosedError, PassingError } from './errors.js';
import type { Arrival, FeedEvent, FeedFilters, FeedPlace, OffsetStore } from './feed.js';
import { longPoll } from './long-poll.js';
import { stream } from './stream.js';

/** Three heartbeats of the service. */
const SILENCE_MS = 45_000;

export interface FeedClientOptions {
  /** Of the feed, such as `https://shop.example.com/v1/events`. */
  readonly url: string | URL;
  readonly offsets: OffsetStore;
  /** `sse` (default) has one connection open; `long-poll` is for networks whose proxies don't let streams through. */
  readonly mode?: 'sse' | 'long-poll';
  /** With the credential. A function is asked before each request. */
  readonly headers?: RequestHeaders | (() => RequestHeaders | Promise<RequestHeaders>);
  readonly filters?: FeedFilters;
  /** After this time without a sign of life the connection is given up. Default 45 s: three heartbeats of the service. */
  readonly silenceMs?: number;
  /** Hears of what is tried again, and when; for the log. With an event where its handler failed. */
  readonly onRetry?: (error: unknown, waitMs: number, event?: FeedEvent) => void;
}

export type FeedHandler = (event: FeedEvent) => unknown;

interface RunOptions {
  /** Ends it. */
  readonly signal?: AbortSignal;
}

/**
 * Reads the events of a service in their order, and goes on where it was: after a lost connection, a restart of the
 * service, and a restart of its own. At least once: an event comes again, with the same `id`, if the process ends between
 * its handling and the saving of its offset.
 *
 * @example
 * const client = new FeedClient({ url: 'https://shop.example.com/v1/events', offsets, headers: { 'X-Api-Key': key } });
 * await client.run(async (event) => project(event), { signal });
 */
export class FeedClient implements AsyncIterable<FeedEvent> {
  readonly #options: FeedClientOptions;
  readonly #connection: Connection;

  constructor(options: FeedClientOptions) {
    const { url, headers = {}, filters = {}, silenceMs = SILENCE_MS } = options;
    this.#options = options;
    this.#connection = {
      url: new URL(url),
      headers: typeof headers === 'function' ? headers : () => headers,
      filters,
      silenceMs,
    };
  }

  /**
   * Hands event after event to the handler. One that throws gets the same event again, with growing waits, until it
   * doesn't: none is skipped and none overtakes. Resolves at the signal.
   *
   * @throws {@link FeedClosedError} of some kind, when the feed can't be read on.
   */
  async run(handler: FeedHandler, { signal }: RunOptions = {}): Promise<void> {
    for await (const event of this.events({ signal })) {
      const isHandled = await this.insist(async () => handler(event), { signal, event });
      // Leaves the loop, so that the offset stays before the event.
      if (!isHandled) return;
    }
  }

  [Symbol.asyncIterator](): AsyncGenerator<FeedEvent, void> {
    return this.events();
  }

  /**
   * The events, for a `for await` loop. An event counts as handled, and its offset is saved, when the loop asks for the
   * next one; one at which the loop is left comes again. Ends at the signal.
   *
   * @throws {@link FeedClosedError} of some kind, when the feed can't be read on.
   */
  async *events({ signal }: RunOptions = {}): AsyncGenerator<FeedEvent, void> {
    const reading = new Reading(await this.#options.offsets.load());
    for await (const arrival of this.arrivals(reading, signal)) yield* this.take(arrival, reading, signal);
  }

  /** Saves the place after each event, and where a filter has left out more. Begins no event after the signal. */
  private async *take(arrival: Arrival, reading: Reading, signal?: AbortSignal): AsyncGenerator<FeedEvent, void> {
    const { incarnation, events, offset } = arrival;
    for (const event of events) {
      if (signal?.aborted) return;
      yield event;
      await this.save(reading.at(incarnation, event.position), signal);
    }
    if (!signal?.aborted && reading.isBefore(offset)) await this.save(reading.at(incarnation, offset), signal);
  }

  /** Over one connection after the other. */
  private async *arrivals(reading: Reading, signal?: AbortSignal): AsyncGenerator<Arrival, void> {
    const backoff = new Backoff();
    const source = this.#options.mode === 'long-poll' ? longPoll : stream;
    while (!signal?.aborted) {
      const failure = yield* untilFailure(source(this.#connection, reading.place, signal), backoff);
      if (!signal?.aborted) await this.wait(failure, backoff, { signal });
    }
  }

  /** The event was handled: what fails here is tried again by itself, not the handler. */
  private async save(place: FeedPlace, signal?: AbortSignal): Promise<void> {
    await this.insist(async () => this.#options.offsets.save(place), { signal });
  }

  /** Repeats until it succeeds; false when the signal came first. */
  private async insist(work: () => Promise<unknown>, context: RunOptions & { event?: FeedEvent }): Promise<boolean> {
    const backoff = new Backoff();
    for (;;) {
      const failed = await work().then(
        () => undefined,
        (error: unknown) => ({ error }),
      );
      if (!failed) return true;
      if (!context.signal?.aborted) await this.wait(failed.error, backoff, context);
      if (context.signal?.aborted) return false;
    }
  }

  private async wait(error: unknown, backoff: Backoff, { signal, event }: RunOptions & { event?: FeedEvent }) {
    const ms = backoff.next(error);
    this.#options.onRetry?.(error, ms, event);
    await pause(ms, signal);
  }
}

/** What comes over one connection; returns why it ended, if that passes. */
async function* untilFailure(source: AsyncGenerator<Arrival>, backoff: Backoff): AsyncGenerator<Arrival, unknown> {
  try {
    for await (const arrival of source) {
      backoff.reset();
      yield arrival;
    }
    return new PassingError('The service ended the connection.');
  } catch (error) {
    if (error instanceof FeedClosedError) throw error;
    return error;
  }
}

/** How far one reading of the feed is. */
class Reading {
  constructor(public place?: FeedPlace) {}

  at(incarnation: string, offset: number): FeedPlace {
    return (this.place = { incarnation, offset });
  }

  isBefore(offset: number): boolean {
    return offset > (this.place?.offset ?? -1);
  }
}
