import { Body, Controller, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { ApiOperation } from '@nestjs/swagger';
import { type Caller, CurrentCaller, Idempotent, type Once, Roles } from '../../access/index.js';
import { AnswerHeader } from '../../kernel/answer-header.js';
import type { Page } from '../../kernel/page.js';
import { PaymentQueries, type PaymentView } from '../application/payment.queries.js';
import { RefundQueries, type RefundWithAttempts } from '../application/refund.queries.js';
import { RequestRefund } from '../application/request-refund.js';
import { ResolvePayment } from '../application/resolve-payment.js';
import { actor } from './actor.js';
import * as schema from './refund.schema.js';

const Location = AnswerHeader<RefundWithAttempts>('Location', ({ id }) => `/v1/refunds/${id}`);

@Controller('v1/payments')
export class PaymentsController {
  constructor(
    private readonly commands: CommandBus,
    private readonly payments: PaymentQueries,
    private readonly refunds: RefundQueries,
  ) {}

  @Get()
  @Roles('operator')
  @ApiOperation({ summary: 'List payments', description: 'Newest first; with `attention`, those that need a person.' })
  async list(@Query({ schema: schema.listPaymentsQuery }) query: schema.ListPaymentsQuery): Promise<Page<PaymentView>> {
    return this.payments.list(query);
  }

  @Get(':id')
  @Roles('operator')
  @ApiOperation({ summary: 'Read a payment' })
  async get(@Param('id', { schema: schema.id }) id: string): Promise<PaymentView> {
    return this.payments.get(id);
  }

  @Post(':id/refunds')
  @Roles('operator')
  @ApiOperation({
    summary: 'Refund a part of a payment',
    description: 'Or all of it; the customer then owes as much less for the order. The gateway is asked shortly after.',
  })
  @Location
  async refund(
    @Param('id', { schema: schema.id }) id: string,
    @Body({ schema: schema.refundRequest }) { amount, note }: schema.RefundRequest,
    @CurrentCaller() caller: Caller,
    @Idempotent() once: Once,
  ): Promise<RefundWithAttempts> {
    const refundId = await once(() => this.commands.execute(new RequestRefund(id, amount, actor(caller, note))));
    return this.refunds.get(refundId);
  }

  @Post(':id/resolution')
  @HttpCode(200)
  @Roles('operator')
  @ApiOperation({ summary: 'Record that a person has looked at a payment', description: 'It leaves the list.' })
  async resolve(
    @Param('id', { schema: schema.id }) id: string,
    @Body({ schema: schema.resolvePaymentRequest }) { note }: schema.ResolvePaymentRequest,
    @CurrentCaller() caller: Caller,
  ): Promise<PaymentView> {
    await this.commands.execute(new ResolvePayment(id, actor(caller, note)));
    return this.payments.get(id);
  }
}
