import type { FastifyReply } from 'fastify';
import type { FeedPage } from '../messaging/index.js';
import { CLOUD_EVENTS_BATCH, type CloudEvent, prefersCloudEvents, toCloudEvent } from './cloud-events.js';
import type { ReadEventsQuery } from './events.schema.js';

/** A reader that starts over within a day gets all but the last page from its own cache; retention is far longer. */
const MAX_AGE_SECONDS = 86_400;

/** Puts a page into the representation that was asked for, or into 304 and nothing where the reader has it already. */
export function answerWithPage(query: ReadEventsQuery, page: FeedPage, reply: FastifyReply): object | undefined {
  const { accept, 'if-none-match': known = '' } = reply.request.headers;
  const asBatch = prefersCloudEvents(accept);
  const etag = etagOf(page, asBatch);
  void reply.headers({
    Link: `<${nextOf(query, page)}>; rel="next"`,
    Vary: 'Accept',
    ETag: etag,
    'Cache-Control': cachingOf(query, page),
  });
  if (isKnown(etag, known)) return void reply.status(304);
  if (asBatch) void reply.type(CLOUD_EVENTS_BATCH);
  return asBatch ? page.events.map((event): CloudEvent => toCloudEvent(event)) : page;
}

/**
 * The URL has offset, limit and filters: within one incarnation, how far the page looked says which events it has. Our
 * own JSON also tells head and oldest, which move while the events stay; so its tag is a weak one. The number is the
 * representation's: it grows with a change to how an event looks.
 */
function etagOf({ incarnation, nextOffset }: FeedPage, asBatch: boolean): string {
  return asBatch ? `"${incarnation}.${nextOffset}.batch1"` : `W/"${incarnation}.${nextOffset}.json1"`;
}

/**
 * What lies wholly below the log's end never changes; only retention makes 410 of it. But the same offset names other
 * events in another incarnation, so that is said only of a URL that names its own. Private, since roles decide who reads.
 */
function cachingOf({ incarnation, limit }: ReadEventsQuery, { events, nextOffset, head }: FeedPage): string {
  const isComplete = events.length === limit || nextOffset < head;
  return isComplete && incarnation ? `private, max-age=${MAX_AGE_SECONDS}, immutable` : 'private, no-cache';
}

/** RFC 9110, section 13.1.2: a weak comparison with each of the tags. */
function isKnown(etag: string, ifNoneMatch: string): boolean {
  if (ifNoneMatch.trim() === '*') return true;
  const opaque = (tag: string) => tag.replace(/^W\//, '');
  return (ifNoneMatch.match(/(?:W\/)?"[^"]*"/g) ?? []).some((tag) => opaque(tag) === opaque(etag));
}

/** Names the incarnation, so that whoever follows the links is told when the log was restored. */
function nextOf(query: ReadEventsQuery, { incarnation, nextOffset }: FeedPage): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries({ ...query, offset: nextOffset, incarnation })) {
    if (value !== undefined) parameters.set(name, String(value));
  }
  return `/v1/events?${parameters.toString()}`;
}
