import { Body, Controller, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { ApiOperation } from '@nestjs/swagger';
import { type Caller, CurrentCaller, nameOf, Roles } from '../access/index.js';
import { DomainError } from '../kernel/domain-error.js';
import { type DeadLetter, type DeadLetterDetails, type DeadLetterPlace, DeadLetters } from '../messaging/index.js';
import * as schema from './dead-letters.schema.js';

/** The operators' work list: messages that were given up. */
@Controller('v1/dead-letters')
export class DeadLettersController {
  constructor(private readonly letters: DeadLetters) {}

  @Get()
  @Roles('operator')
  @ApiOperation({
    summary: 'List messages that were given up, newest first',
    description:
      'Events that a consumer could not handle, and stored commands. `waiting` counts the messages that wait behind one. A refund that was given up is not here but at `GET /v1/refunds?attention=any`.',
  })
  async list(@Query({ schema: schema.listDeadLettersQuery }) query: schema.ListDeadLettersQuery) {
    const { cursor, limit, ...filter } = query;
    const letters = await this.letters.list(filter, limit + 1, placeOf(cursor));
    const data = letters.slice(0, limit);
    return { data, nextCursor: letters.length > limit ? cursorOf(data.at(-1)!) : null };
  }

  @Get(':id')
  @Roles('operator')
  @ApiOperation({
    summary: 'Read a message that was given up, with its whole history',
    description: 'Every attempt with its error and stack, and what operators did.',
  })
  async get(@Param('id', { schema: schema.letterId }) id: string): Promise<DeadLetterDetails> {
    const letter = await this.letters.get(id);
    return letter ?? unknown(id);
  }

  @Post('retry')
  @HttpCode(202)
  @Roles('operator')
  @ApiOperation({
    summary: 'Retry all messages that match',
    description: 'As if each were retried alone; `retried` is how many there were.',
  })
  async retryAll(
    @Body({ schema: schema.retryDeadLettersRequest }) { filter }: schema.RetryDeadLettersRequest,
    @CurrentCaller() caller: Caller,
  ): Promise<{ retried: number }> {
    return { retried: await this.letters.retry(filter, nameOf(caller)) };
  }

  @Post(':id/retry')
  @HttpCode(202)
  @Roles('operator')
  @ApiOperation({
    summary: 'Retry a message that was given up',
    description:
      'It is due at once, with a fresh schedule of attempts; when it succeeds, what waits behind it follows in order.',
  })
  async retry(
    @Param('id', { schema: schema.letterId }) id: string,
    @CurrentCaller() caller: Caller,
  ): Promise<{ retried: number }> {
    const retried = await this.letters.retry({ id }, nameOf(caller));
    return retried > 0 ? { retried } : unknown(id);
  }

  @Post(':id/discard')
  @HttpCode(204)
  @Roles('operator')
  @ApiOperation({
    summary: 'Discard a message that was given up, for good',
    description: 'Its effects never happen; what waits behind it goes on. Reason and operator are kept for 90 days.',
  })
  async discard(
    @Param('id', { schema: schema.letterId }) id: string,
    @Body({ schema: schema.discardDeadLetterRequest }) { reason }: schema.DiscardDeadLetterRequest,
    @CurrentCaller() caller: Caller,
  ): Promise<void> {
    if (!(await this.letters.discard(id, reason, nameOf(caller)))) unknown(id);
  }
}

function unknown(id: string): never {
  throw new DomainError('DEAD_LETTER_NOT_FOUND', 'not-found', `No message ${id} is given up.`);
}

function cursorOf({ deadAt, id }: DeadLetter): string {
  return `${deadAt.getTime()}-${id}`;
}

function placeOf(cursor: string | undefined): DeadLetterPlace | undefined {
  const [at, id] = cursor?.split('-') ?? [];
  return id === undefined ? undefined : { deadAt: new Date(Number(at)), id };
}
