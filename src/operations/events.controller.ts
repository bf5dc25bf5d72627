import { Controller, Get, HttpException, Query, Res, type BeforeApplicationShutdown } from '@nestjs/common';
import { ApiOperation } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { Roles } from '../access/index.js';
import { EventFeed, FeedOffsetBeyondHeadError, FeedOffsetExpiredError, type FeedPage } from '../messaging/index.js';
import { readEventsQuery, type ReadEventsQuery } from './events.schema.js';

/** The event log for other systems: in one order, without gaps, as often as they like. */
@Controller('v1/events')
export class EventsController implements BeforeApplicationShutdown {
  readonly #polls = new Set<AbortController>();
  #shuttingDown = false;

  constructor(private readonly feed: EventFeed) {}

  @Get()
  @Roles('operator', 'integration')
  @ApiOperation({
    summary: 'Read events in the order in which they happened',
    description:
      'Read on with `offset` = `nextOffset`, or with the link in the header `Link`. `nextOffset` is the last position that was looked at; with a filter it moves on without events. With `wait` the answer comes as soon as there is an event.',
  })
  async read(
    @Query({ schema: readEventsQuery }) query: ReadEventsQuery,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const page = await this.readOrWait(query, reply).catch(refuse);
    void reply.header('Link', `<${nextOf(query, page)}>; rel="next"`);
    return page;
  }

  /** Shutdown waits for open requests, so that long polls have to end. */
  beforeApplicationShutdown(): void {
    this.#shuttingDown = true;
    for (const poll of this.#polls) poll.abort();
  }

  private async readOrWait({ wait, ...query }: ReadEventsQuery, reply: FastifyReply): Promise<FeedPage> {
    if (wait === 0 || this.#shuttingDown) return this.feed.read(query);
    const poll = new AbortController();
    reply.raw.once('close', () => poll.abort());
    this.#polls.add(poll);
    try {
      return await this.poll(query, wait * 1000, poll.signal);
    } finally {
      this.#polls.delete(poll);
    }
  }

  private async poll(query: Omit<ReadEventsQuery, 'wait'>, limit: number, given: AbortSignal): Promise<FeedPage> {
    const ended = AbortSignal.any([AbortSignal.timeout(limit), given]);
    let page = await this.feed.read(query);
    while (page.events.length === 0) {
      await this.feed.waitBeyond(page.nextOffset, limit, ended);
      if (ended.aborted) return page;
      page = await this.feed.read({ ...query, offset: page.nextOffset });
    }
    return page;
  }
}

function nextOf(query: ReadEventsQuery, page: FeedPage): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries({ ...query, offset: page.nextOffset })) {
    if (value !== undefined) parameters.set(name, String(value));
  }
  return `/v1/events?${parameters.toString()}`;
}

function refuse(error: unknown): never {
  if (error instanceof FeedOffsetBeyondHeadError) {
    throw new HttpException({ code: 'OFFSET_BEYOND_HEAD', message: error.message, head: error.head }, 409);
  }
  if (error instanceof FeedOffsetExpiredError) {
    throw new HttpException({ code: 'OFFSET_EXPIRED', message: error.message, oldest: error.oldest }, 410);
  }
  throw error;
}
