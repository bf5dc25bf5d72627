import { Readable } from 'node:stream';
import { Controller, Get, Headers, HttpException, Query, Res } from '@nestjs/common';
import { ApiHeader, ApiOperation, ApiProduces } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { type Caller, CurrentCaller, Roles } from '../access/index.js';
import { DomainError } from '../kernel/domain-error.js';
import { EventFeed } from '../messaging/index.js';
import { streamEventsQuery, type StreamEventsQuery } from './events.schema.js';
import { refuse } from './feed-problems.js';
import { FeedReaders } from './feed-readers.js';
import { textOf } from './server-sent-events.js';

/** Proxies drop connections that are silent for 30 to 60 s; half of the shortest, and a second one if that is lost. */
const HEARTBEAT_MS = 15_000;
/** Events that are read and written at once: this much of the log is in memory for a reader that lags. */
const PAGE = 100;

const HEADERS = {
  'Content-Type': 'text/event-stream',
  'Cache-Control': 'no-store, no-transform',
  // nginx would collect the events of minutes.
  'X-Accel-Buffering': 'no',
};

/**
 * The event log as Server-Sent Events. A route of its own and no other representation of `/v1/events`: it has no end, so
 * that proxies need other settings for it, by path; and neither `limit` and `wait` nor caching mean anything here.
 */
@Controller('v1/events/stream')
export class EventStreamController {
  constructor(
    private readonly feed: EventFeed,
    private readonly readers: FeedReaders,
  ) {}

  @Get()
  @Roles('operator', 'integration')
  @ApiOperation({
    summary: 'Follow the events as they happen',
    description:
      'Server-Sent Events: each message is an event of `GET /v1/events`, its id the position. `progress` messages come at the beginning, and after 15 s without events; they tell the incarnation, and by their id how far a filter has looked. Go on with `Last-Event-ID`, or with `offset`; the header wins.',
  })
  @ApiProduces('text/event-stream')
  @ApiHeader({ name: 'Last-Event-ID', required: false, description: 'The last position seen.' })
  async stream(
    @Query({ schema: streamEventsQuery }) query: StreamEventsQuery,
    @Headers('last-event-id') lastEventId: string | undefined,
    @CurrentCaller() caller: Caller,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Readable> {
    if (this.readers.shuttingDown)
      throw new DomainError('SHUTTING_DOWN', 'unavailable', 'The service is shutting down.');
    const offset = positionIn(lastEventId) ?? query.offset;
    const ended = this.readers.open('stream', caller, reply);
    const pages = this.feed.follow({ ...query, offset, limit: PAGE }, HEARTBEAT_MS, ended);
    // Before the status is sent, so that a reader that is refused learns why.
    const first = await pages.next().catch(refuse);
    void reply.headers(HEADERS);
    // Pulled by the socket: nothing is read for a reader that doesn't keep up.
    return Readable.from(textOf(offset, first, pages));
  }
}

function positionIn(lastEventId = ''): number | undefined {
  if (lastEventId === '') return undefined;
  const position = Number(lastEventId);
  if (/^\d+$/.test(lastEventId) && Number.isSafeInteger(position)) return position;
  throw new HttpException({ code: 'MALFORMED_REQUEST', message: 'Last-Event-ID is no position.' }, 400);
}
