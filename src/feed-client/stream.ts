import { type Connection, request } from './connection.js';
import { IncarnationChangedError, PassingError } from './errors.js';
import type { Arrival, FeedEvent, FeedPlace } from './feed.js';
import { type StreamMessage, StreamParser } from './server-sent-events.js';
import { Watchdog } from './watchdog.js';

/** What comes over one event stream; ends when the service ends it, as at its shutdown. */
export async function* stream(
  connection: Connection,
  place: FeedPlace | undefined,
  signal?: AbortSignal,
): AsyncGenerator<Arrival> {
  const dog = new Watchdog(connection.silenceMs, signal);
  try {
    const answer = await request(connection, place, dog, { accept: 'text/event-stream', path: '/stream' });
    let incarnation = place?.incarnation;
    for await (const message of messagesOf(answer, dog)) {
      incarnation = incarnationIn(message, incarnation);
      yield arrivalOf(message, incarnation);
    }
  } finally {
    dog.end();
  }
}

async function* messagesOf(answer: Response, dog: Watchdog): AsyncGenerator<StreamMessage> {
  const reader = answer.body!.getReader();
  const decoder = new TextDecoder();
  const parser = new StreamParser();
  for (;;) {
    const { done, value } = await dog.watch(reader.read());
    if (done) return;
    yield* parser.push(decoder.decode(value, { stream: true }));
  }
}

function arrivalOf({ event, data, id }: StreamMessage, incarnation: string | undefined): Arrival {
  if (incarnation === undefined) throw new PassingError('The event stream does not say which log it is of.');
  return { incarnation, events: event === 'message' ? [JSON.parse(data) as FeedEvent] : [], offset: Number(id) };
}

/** The stream tells it at its beginning, and with each heartbeat. */
function incarnationIn({ event, data }: StreamMessage, known: string | undefined): string | undefined {
  if (event !== 'progress') return known;
  const { incarnation } = JSON.parse(data) as { incarnation: string };
  if (known !== undefined && known !== incarnation) throw new IncarnationChangedError(incarnation, known);
  return incarnation;
}
