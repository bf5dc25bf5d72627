import { endBeforeCleanup } from './temporary-folder.js';
import { FeedClient, type FeedClientOptions, type FeedEvent, type FeedPlace } from '../../src/feed-client/index.js';

const running = new Set<AbortController>();

// One that a failed test left would go on asking for ever.
endBeforeCleanup(async () => running.forEach((life) => life.abort()));

/** Another system that reads the feed: what it has handled, in order, and its place, which survives its crashes. */
export class FeedReader {
  readonly handled: { readonly event: FeedEvent; readonly at: number }[] = [];
  place?: FeedPlace;
  #crashAt = Infinity;
  #life = new AbortController();
  /** Rejects when the feed can't be read on. */
  run: Promise<void> = Promise.resolve();

  constructor(
    private readonly options: Omit<FeedClientOptions, 'offsets'>,
    private readonly handle: (event: FeedEvent) => unknown = () => undefined,
  ) {}

  get positions(): number[] {
    return this.handled.map(({ event }) => event.position);
  }

  start(): this {
    this.#life = new AbortController();
    running.add(this.#life);
    const { signal } = this.#life;
    const offsets = { load: async () => this.place, save: async (place: FeedPlace) => this.save(place) };
    const client = new FeedClient({ ...this.options, offsets });
    this.run = client.run(
      (event) => {
        const result = this.handle(event);
        this.handled.push({ event, at: Date.now() });
        return result;
      },
      { signal },
    );
    // Whoever looks at it gets the error all the same.
    this.run.catch(() => undefined);
    return this;
  }

  async stop(): Promise<void> {
    this.#life.abort();
    await this.run;
  }

  /** Ends once, after so many events have been handled, before the place of the last one is saved; and starts again. */
  crashAfter(events: number): void {
    this.#crashAt = events;
  }

  private save(place: FeedPlace): void {
    if (this.handled.length < this.#crashAt) {
      this.place = place;
      return;
    }
    this.#crashAt = Infinity;
    this.#life.abort();
    void this.run.then(() => this.start());
    throw new Error('The process is gone.');
  }
}
