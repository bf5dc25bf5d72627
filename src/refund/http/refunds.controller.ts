import { Controller, Get, Param, Query } from '@nestjs/common';
import { ApiOperation } from '@nestjs/swagger';
import { Roles } from '../../access/index.js';
import type { Page } from '../../kernel/page.js';
import { RefundQueries, type RefundView, type RefundWithAttempts } from '../application/refund.queries.js';
import * as schema from './refund.schema.js';

@Controller('v1/refunds')
export class RefundsController {
  constructor(private readonly refunds: RefundQueries) {}

  @Get()
  @Roles('operator')
  @ApiOperation({ summary: 'List refunds', description: 'Newest first; with `attention`, those that need a person.' })
  async list(@Query({ schema: schema.listRefundsQuery }) filter: schema.ListRefundsQuery): Promise<Page<RefundView>> {
    return this.refunds.list(filter);
  }

  @Get(':id')
  @Roles('operator')
  @ApiOperation({ summary: 'Read a refund', description: 'With every call that was made to the gateway for it.' })
  async get(@Param('id', { schema: schema.id }) id: string): Promise<RefundWithAttempts> {
    return this.refunds.get(id);
  }
}
