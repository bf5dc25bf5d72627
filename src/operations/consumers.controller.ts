import { Controller, Delete, Get, HttpCode, Logger, Param, Post } from '@nestjs/common';
import { ApiOperation } from '@nestjs/swagger';
import { type Caller, CurrentCaller, nameOf, Roles } from '../access/index.js';
import { DomainError } from '../kernel/domain-error.js';
import { ConsumerOverview, type ConsumerStatus } from '../messaging/index.js';
import { consumerName } from './consumers.schema.js';

/** The durable handlers and sagas: how far they are, and what holds them up. */
@Controller('v1/consumers')
export class ConsumersController {
  readonly #logger = new Logger('Consumers');

  constructor(private readonly consumers: ConsumerOverview) {}

  @Get()
  @Roles('operator')
  @ApiOperation({
    summary: 'List the consumers of events',
    description:
      'With position, lag in events (of each of the 16 partitions the next 1,000 are looked at) and in seconds, and what they hold. An `orphaned` one has no code in the version of the service that answers.',
  })
  async list(): Promise<{ data: ConsumerStatus[]; nextCursor: null }> {
    return { data: await this.consumers.list(), nextCursor: null };
  }

  @Post(':name/replay')
  @HttpCode(202)
  @Roles('operator')
  @ApiOperation({
    summary: 'Let a consumer handle all events that are kept once more',
    description:
      'Begins a new generation, and forgets what it holds, dead letters included. For projections, once their table is empty. A saga sends its commands again.',
  })
  async replay(
    @Param('name', { schema: consumerName }) name: string,
    @CurrentCaller() caller: Caller,
  ): Promise<ConsumerStatus> {
    if (!(await this.consumers.replay(name))) unknown(name);
    this.#logger.warn(`${nameOf(caller)} lets ${name} handle everything once more`);
    return this.get(name);
  }

  @Delete(':name')
  @HttpCode(204)
  @Roles('operator')
  @ApiOperation({
    summary: 'Forget a consumer that no code has any more',
    description:
      'With its progress and what it holds; until then it keeps old events from being dropped. Not while a rollout is under way: this instance knows only the consumers of its own version.',
  })
  async remove(@Param('name', { schema: consumerName }) name: string, @CurrentCaller() caller: Caller): Promise<void> {
    const { orphaned } = await this.get(name);
    if (!orphaned) throw new DomainError('CONSUMER_IN_USE', 'conflict', `${name} is at work; only orphans can go.`);
    if (!(await this.consumers.removeOrphan(name))) unknown(name);
    this.#logger.warn(`${nameOf(caller)} removed the orphaned consumer ${name}`);
  }

  private async get(name: string): Promise<ConsumerStatus> {
    const found = (await this.consumers.list()).find((consumer) => consumer.name === name);
    return found ?? unknown(name);
  }
}

function unknown(name: string): never {
  throw new DomainError('CONSUMER_NOT_FOUND', 'not-found', `There is no consumer ${name}.`);
}
