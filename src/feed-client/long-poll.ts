import { type Connection, request } from './connection.js';
import { IncarnationChangedError } from './errors.js';
import type { Arrival, FeedEvent, FeedPlace } from './feed.js';
import { Watchdog } from './watchdog.js';

/** The most that the service allows is 30; some proxies give up just then. */
const WAIT_SECONDS = 25;
/** An empty page that comes sooner means that the service didn't wait, as at its shutdown. */
const SOON_MS = 1_000;

interface Page {
  readonly incarnation: string;
  readonly events: readonly FeedEvent[];
  readonly nextOffset: number;
}

/** What comes by asking again and again; ends when the service doesn't wait for events any more. */
export async function* longPoll(
  connection: Connection,
  start: FeedPlace | undefined,
  signal?: AbortSignal,
): AsyncGenerator<Arrival> {
  for (let place = start; ;) {
    const asked = performance.now();
    const { incarnation, events, nextOffset } = await readPage(connection, place, signal);
    if (place && place.incarnation !== incarnation) throw new IncarnationChangedError(incarnation, place.incarnation);
    const isNews = events.length > 0 || nextOffset > (place?.offset ?? 0);
    place = { incarnation, offset: nextOffset };
    yield { incarnation, events, offset: nextOffset };
    if (!isNews && performance.now() - asked < SOON_MS) return;
  }
}

async function readPage(connection: Connection, place: FeedPlace | undefined, signal?: AbortSignal): Promise<Page> {
  const dog = new Watchdog(WAIT_SECONDS * 1_000 + connection.silenceMs, signal);
  try {
    const query = { wait: String(WAIT_SECONDS) };
    const answer = await request(connection, place, dog, { accept: 'application/json', query });
    return (await dog.watch(answer.json())) as Page;
  } finally {
    dog.end();
  }
}
