import { Body, Controller, HttpCode, Param, Post } from '@nestjs/common';
import { CommandBus, type ICommand } from '@nestjs/cqrs';
import { ApiOperation } from '@nestjs/swagger';
import { type Caller, CurrentCaller, Roles } from '../../access/index.js';
import { CancelRefund } from '../application/cancel-refund.js';
import { CheckRefund } from '../application/check-refund.js';
import { RefundQueries, type RefundWithAttempts } from '../application/refund.queries.js';
import { ResolveRefund } from '../application/resolve-refund.js';
import { RetryRefund } from '../application/retry-refund.js';
import { actor } from './actor.js';
import * as schema from './refund.schema.js';

/** What a person can do about a refund that needs one. */
@Controller('v1/refunds/:id')
export class RefundActionsController {
  constructor(
    private readonly commands: CommandBus,
    private readonly refunds: RefundQueries,
  ) {}

  @Post('retry')
  @HttpCode(200)
  @Roles('operator')
  @ApiOperation({
    summary: 'Ask the gateway for a refund again',
    description: 'For one that failed or was given up. Nothing can be refunded twice by it.',
  })
  async retry(
    @Param('id', { schema: schema.id }) id: string,
    @Body({ schema: schema.refundActionRequest }) { note }: schema.RefundActionRequest,
    @CurrentCaller() caller: Caller,
  ): Promise<RefundWithAttempts> {
    return this.after(new RetryRefund(id, actor(caller, note)), id);
  }

  @Post('check')
  @HttpCode(202)
  @Roles('operator')
  @ApiOperation({
    summary: 'Ask the gateway what became of a refund',
    description: 'Answers at once; what the gateway says is recorded shortly after, and each call is an attempt.',
  })
  async check(
    @Param('id', { schema: schema.id }) id: string,
    @Body({ schema: schema.refundActionRequest }) { note }: schema.RefundActionRequest,
    @CurrentCaller() caller: Caller,
  ): Promise<RefundWithAttempts> {
    return this.after(new CheckRefund(id, actor(caller, note)), id);
  }

  @Post('resolution')
  @HttpCode(200)
  @Roles('operator')
  @ApiOperation({
    summary: 'Record that a refund was paid in another way',
    description: 'For one that failed or needs a person.',
  })
  async resolve(
    @Param('id', { schema: schema.id }) id: string,
    @Body({ schema: schema.resolveRefundRequest }) { reference, note }: schema.ResolveRefundRequest,
    @CurrentCaller() caller: Caller,
  ): Promise<RefundWithAttempts> {
    return this.after(new ResolveRefund(id, reference, actor(caller, note)), id);
  }

  @Post('cancellation')
  @HttpCode(200)
  @Roles('operator')
  @ApiOperation({
    summary: 'Cancel a refund',
    description: 'For one that failed or was not begun; its amount counts as captured again.',
  })
  async cancel(
    @Param('id', { schema: schema.id }) id: string,
    @Body({ schema: schema.refundActionRequest }) { note }: schema.RefundActionRequest,
    @CurrentCaller() caller: Caller,
  ): Promise<RefundWithAttempts> {
    return this.after(new CancelRefund(id, actor(caller, note)), id);
  }

  private async after(command: ICommand, id: string): Promise<RefundWithAttempts> {
    await this.commands.execute(command);
    return this.refunds.get(id);
  }
}
