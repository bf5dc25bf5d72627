import { Controller, Get, Param, Query } from '@nestjs/common';
import { ApiOperation } from '@nestjs/swagger';
import { Roles } from '../../access/index.js';
import type { Page } from '../../kernel/page.js';
import { PaymentQueries, type PaymentView } from '../application/payment.queries.js';
import * as schema from './refund.schema.js';

@Controller('v1/payments')
export class PaymentsController {
  constructor(private readonly payments: PaymentQueries) {}

  @Get()
  @Roles('operator')
  @ApiOperation({ summary: 'List payments', description: 'Newest first.' })
  async list(@Query({ schema: schema.listPaymentsQuery }) query: schema.ListPaymentsQuery): Promise<Page<PaymentView>> {
    return this.payments.list(query);
  }

  @Get(':id')
  @Roles('operator')
  @ApiOperation({ summary: 'Read a payment' })
  async get(@Param('id', { schema: schema.id }) id: string): Promise<PaymentView> {
    return this.payments.get(id);
  }
}
