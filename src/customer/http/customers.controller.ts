import { Body, Controller, Delete, Get, HttpCode, Param, Patch, Post, Query, Res } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { ApiOperation } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { type Caller, CurrentCaller, Roles } from '../../access/index.js';
import type { ExpectedVersions } from '../../kernel/aggregate.js';
import { AnswerHeader, IfMatch } from '../../kernel/answer-header.js';
import { Ids } from '../../kernel/ids.js';
import type { Page } from '../../kernel/page.js';
import { EraseCustomer } from '../application/erase-customer.js';
import { UpdateCustomer } from '../application/update-customer.js';
import { CustomerQueries, type CustomerView } from '../application/customer.queries.js';
import { RegisterCustomer } from '../application/register-customer.js';
import * as schema from './customer.schema.js';
import { idToRegister, mayConcern } from './own-data.js';

const Location = AnswerHeader<CustomerView>('Location', ({ id }) => `/v1/customers/${encodeURIComponent(id)}`);
const ETag = AnswerHeader<CustomerView>('ETag', ({ version }) => `"${version}"`);

@Controller('v1/customers')
export class CustomersController {
  constructor(
    private readonly commands: CommandBus,
    private readonly customers: CustomerQueries,
    private readonly ids: Ids,
  ) {}

  @Post()
  @Roles('customer', 'operator')
  @ApiOperation({
    summary: 'Register a customer',
    description: 'Sent again with the same id and data, it answers 200 and changes nothing.',
  })
  @Location
  @ETag
  async register(
    @Body({ schema: schema.registerCustomerRequest }) { id: asked, ...profile }: schema.RegisterCustomerRequest,
    @CurrentCaller() caller: Caller,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<CustomerView> {
    const id = idToRegister(caller, asked) ?? this.ids.next();
    const isNew = await this.commands.execute(new RegisterCustomer(id, profile));
    void reply.status(isNew ? 201 : 200);
    return this.customers.get(id);
  }

  @Get()
  @Roles('operator')
  @ApiOperation({ summary: 'List customers, newest first' })
  async list(
    @Query({ schema: schema.listCustomersQuery }) query: schema.ListCustomersQuery,
  ): Promise<Page<CustomerView>> {
    return this.customers.list(query);
  }

  @Get(':id')
  @Roles('customer', 'operator')
  @ApiOperation({ summary: 'Read a customer' })
  @ETag
  async get(
    @Param('id', { schema: schema.customerId }) id: string,
    @CurrentCaller() caller: Caller,
  ): Promise<CustomerView> {
    mayConcern(caller, id);
    return this.customers.get(id);
  }

  @Patch(':id')
  @Roles('customer', 'operator')
  @ApiOperation({ summary: "Change a customer's profile", description: 'What is left out stays as it is.' })
  @ETag
  async update(
    @Param('id', { schema: schema.customerId }) id: string,
    @Body({ schema: schema.updateCustomerRequest }) patch: schema.UpdateCustomerRequest,
    @CurrentCaller() caller: Caller,
    @IfMatch({ optional: true }) expected: ExpectedVersions,
  ): Promise<CustomerView> {
    mayConcern(caller, id);
    await this.commands.execute(new UpdateCustomer(id, patch, expected));
    return this.customers.get(id);
  }

  @Delete(':id')
  @Roles('customer', 'operator')
  @HttpCode(204)
  @ApiOperation({
    summary: 'Erase what is known of a person',
    description:
      'Refused while an order is open or a refund unfinished. The books stay, without the person in them. ' +
      'Sent again, it erases what came since.',
  })
  async erase(@Param('id', { schema: schema.customerId }) id: string, @CurrentCaller() caller: Caller): Promise<void> {
    mayConcern(caller, id);
    await this.commands.execute(new EraseCustomer(id));
  }
}
