import { Controller, Get, Param, Query } from '@nestjs/common';
import { ApiOperation } from '@nestjs/swagger';
import { type Caller, CurrentCaller, Roles } from '../../access/index.js';
import type { Page } from '../../kernel/page.js';
import { CustomerExport, type CustomerExportView } from '../application/customer-export.js';
import { CustomerQueries } from '../application/customer.queries.js';
import type { Purchase } from '../domain/customer.state.js';
import * as schema from './customer.schema.js';
import { mayConcern } from './own-data.js';

@Controller('v1/customers/:id')
export class CustomerRecordsController {
  constructor(
    private readonly customers: CustomerQueries,
    private readonly customerExport: CustomerExport,
  ) {}

  @Get('purchases')
  @Roles('customer', 'operator')
  @ApiOperation({
    summary: "List a customer's paid orders, newest first",
    description: 'A canceled one counts no longer. Three that count at the same time make a VIP, for good.',
  })
  async purchases(
    @Param('id', { schema: schema.customerId }) id: string,
    @Query({ schema: schema.listPurchasesQuery }) query: schema.ListPurchasesQuery,
    @CurrentCaller() caller: Caller,
  ): Promise<Page<Purchase>> {
    mayConcern(caller, id);
    return this.customers.purchases(id, query);
  }

  @Get('export')
  @Roles('customer', 'operator')
  @ApiOperation({ summary: 'Read everything that is kept of a customer' })
  async export(
    @Param('id', { schema: schema.customerId }) id: string,
    @CurrentCaller() caller: Caller,
  ): Promise<CustomerExportView> {
    mayConcern(caller, id);
    return this.customerExport.of(id);
  }
}
