import { Controller, Get, Query, Res } from '@nestjs/common';
import { ApiHeader, ApiOperation, ApiProduces, ApiResponse } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { type Caller, CurrentCaller, Roles } from '../access/index.js';
import { EventFeed, type FeedPage } from '../messaging/index.js';
import { CLOUD_EVENTS_BATCH } from './cloud-events.js';
import { readEventsQuery, type ReadEventsQuery } from './events.schema.js';
import { refuse } from './feed-problems.js';
import { FeedReaders } from './feed-readers.js';
import { answerWithPage } from './page-answer.js';

/** The event log for other systems: in one order, without gaps, as often as they like. */
@Controller('v1/events')
export class EventsController {
  constructor(
    private readonly feed: EventFeed,
    private readonly readers: FeedReaders,
  ) {}

  @Get()
  @Roles('operator', 'integration')
  @ApiOperation({
    summary: 'Read events in the order in which they happened',
    description:
      "Read on with `offset` = `nextOffset` and the page's `incarnation`, or with the link in the header `Link`. `nextOffset` is the last position that was looked at; with a filter it moves on without events. With `wait` the answer comes as soon as there is an event. A page below the end of the log never changes and may be cached. As a batch of CloudEvents 1.0 it comes without the page's other members: read on with the link.",
  })
  @ApiProduces('application/json', CLOUD_EVENTS_BATCH)
  @ApiHeader({ name: 'If-None-Match', required: false, description: 'The ETag of the page that is known.' })
  @ApiResponse({ status: 200 })
  @ApiResponse({ status: 304, description: 'The page is still the one that is known.' })
  async read(
    @Query({ schema: readEventsQuery }) query: ReadEventsQuery,
    @CurrentCaller() caller: Caller,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<object | undefined> {
    const page = await this.readOrWait(query, caller, reply).catch(refuse);
    return answerWithPage(query, page, reply);
  }

  private async readOrWait(
    { wait, ...query }: ReadEventsQuery,
    caller: Caller,
    reply: FastifyReply,
  ): Promise<FeedPage> {
    if (wait === 0 || this.readers.shuttingDown) return this.feed.read(query);
    const ended = this.readers.open('long-poll', caller, reply);
    return this.feed.readOrWait(query, wait * 1000, ended);
  }
}
