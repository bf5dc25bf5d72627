import { Body, Controller, Post, Res } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { ApiOperation } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { type Caller, CurrentCaller, Roles } from '../../access/index.js';
import { AnswerHeader } from '../../kernel/answer-header.js';
import { Ids } from '../../kernel/ids.js';
import { CustomerQueries, type CustomerView } from '../application/customer.queries.js';
import { RegisterCustomer } from '../application/register-customer.js';
import * as schema from './customer.schema.js';
import { idToRegister } from './own-data.js';

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
}
