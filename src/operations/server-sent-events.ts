import { Logger } from '@nestjs/common';
import type { FeedEvent, FeedPage } from '../messaging/index.js';

/** What a browser waits before it connects again. Clients of ours add a random part. */
const RECONNECT_MS = 1_000;

const logger = new Logger('EventFeed');
/** Of events that several readers get, the text is made once. */
const messages = new WeakMap<FeedEvent, string>();

/** The pages of a feed in the format of an event stream (HTML, section 9.2.6). Ends where the feed ends or fails. */
export async function* textOf(
  offset: number,
  first: IteratorResult<FeedPage, void>,
  rest: AsyncIterable<FeedPage>,
): AsyncGenerator<string> {
  if (first.done) return;
  // Its id is what the reader has: the events of the page may still get lost.
  yield `retry: ${RECONNECT_MS}\n${progress(first.value, offset)}`;
  if (first.value.events.length > 0) yield eventsOf(first.value);
  try {
    for await (const page of rest) yield page.events.length > 0 ? eventsOf(page) : progress(page, page.nextOffset);
  } catch (error) {
    // The reader connects again, and is told by the status of that answer.
    logger.debug(`an event stream ends: ${String(error)}`);
  }
}

function eventsOf({ events }: FeedPage): string {
  return events.map(messageOf).join('');
}

function messageOf(event: FeedEvent): string {
  const known = messages.get(event);
  if (known !== undefined) return known;
  const text = `id: ${event.position}\ndata: ${JSON.stringify(event)}\n\n`;
  messages.set(event, text);
  return text;
}

/** A heartbeat that also moves the reader's offset past what its filter leaves out. */
function progress({ incarnation, head, oldest }: FeedPage, offset: number): string {
  return `: heartbeat\nevent: progress\nid: ${offset}\ndata: ${JSON.stringify({ incarnation, head, oldest })}\n\n`;
}
