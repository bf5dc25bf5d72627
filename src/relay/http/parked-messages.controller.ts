import { Body, Controller, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { ApiOperation } from '@nestjs/swagger';
import { type Caller, CurrentCaller, nameOf, Roles } from '../../access/index.js';
import type { Page } from '../../kernel/page.js';
import { type ParkedMessage, type ParkedMessageDetails, ParkedMessages } from '../application/parked-messages.js';
import { RetryParkedMessage } from '../application/retry-parked-message.js';
import * as schema from './parked-messages.schema.js';

/** The operators' work list of what came in from a message broker and could not be carried out. */
@Controller('v1/parked-messages')
export class ParkedMessagesController {
  constructor(
    private readonly parked: ParkedMessages,
    private readonly retries: RetryParkedMessage,
  ) {}

  @Get()
  @Roles('operator')
  @ApiOperation({
    summary: 'List messages from outside that could not be carried out, newest first',
    description:
      'Of an unknown type, without a message-id, with a body that does not fit, or refused by a rule. None of them holds up others.',
  })
  async list(
    @Query({ schema: schema.listParkedMessagesQuery }) query: schema.ListParkedMessagesQuery,
  ): Promise<Page<ParkedMessage>> {
    return this.parked.list(query);
  }

  @Get(':id')
  @Roles('operator')
  @ApiOperation({
    summary: 'Read a parked message as it came, with its history',
    description: '`bodyEncoding` is `base64` where the body is no UTF-8.',
  })
  async get(@Param('id', { schema: schema.parkedMessageId }) id: string): Promise<ParkedMessageDetails> {
    return this.parked.get(id);
  }

  @Post(':id/retry')
  @HttpCode(204)
  @Roles('operator')
  @ApiOperation({
    summary: 'Carry out a parked message',
    description: 'Done, it is gone from the list; refused again it stays: 409 PARKED_MESSAGE_REFUSED says why.',
  })
  async retry(
    @Param('id', { schema: schema.parkedMessageId }) id: string,
    @CurrentCaller() caller: Caller,
  ): Promise<void> {
    await this.retries.execute(id, nameOf(caller));
  }

  @Post(':id/discard')
  @HttpCode(204)
  @Roles('operator')
  @ApiOperation({
    summary: 'Discard a parked message',
    description: 'It is never carried out. The row stays in the database, with the reason and who gave it.',
  })
  async discard(
    @Param('id', { schema: schema.parkedMessageId }) id: string,
    @Body({ schema: schema.discardParkedMessageRequest }) { reason }: schema.DiscardParkedMessageRequest,
    @CurrentCaller() caller: Caller,
  ): Promise<void> {
    await this.parked.discard(id, reason, nameOf(caller));
  }
}
