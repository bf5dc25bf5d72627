import { Body, Controller, Get, Param, Post, Query, Res } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { ApiOperation } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { type Caller, CurrentCaller, Idempotent, type Once, ownerFor, Roles } from '../../access/index.js';
import { GetOrderAllocations, type LineAllocation } from '../../allocation/index.js';
import type { OrderView, TimelineEntryView } from '../application/order-view.js';
import { OrderQueries } from '../application/order.queries.js';
import { PlaceOrder } from '../application/place-order.js';
import type { Page } from '../../kernel/page.js';
import { mayOrderFor } from './customer-scope.js';
import { ETag, Location } from './order-headers.js';
import * as schema from './order.schema.js';
import { preferredWait, readUntil } from './prefer-wait.js';

@Controller('v1/orders')
export class OrdersController {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
    private readonly orders: OrderQueries,
  ) {}

  @Post()
  @Roles('customer', 'operator', 'integration')
  @ApiOperation({
    summary: 'Place an order',
    description: 'With `Prefer: wait=N` (up to 10 s) it answers once the stock has decided, or after N seconds.',
  })
  @Location
  @ETag
  async place(
    @Body({ schema: schema.placeOrderRequest }) request: schema.PlaceOrderRequest,
    @CurrentCaller() caller: Caller,
    @Idempotent() once: Once,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<OrderView> {
    mayOrderFor(caller, request.customerId);
    const id = await once(() => this.commands.execute(new PlaceOrder(request)));
    const wait = preferredWait(reply.request.headers.prefer);
    if (wait !== undefined) reply.header('Preference-Applied', `wait=${wait}`);
    const read = () => this.orders.get(id);
    return readUntil(read, (order) => order.status !== 'placed', wait ?? 0);
  }

  @Get()
  @Roles('customer', 'operator', 'integration')
  @ApiOperation({ summary: 'List orders, newest first' })
  async list(
    @Query({ schema: schema.listOrdersQuery }) filter: schema.ListOrdersQuery,
    @CurrentCaller() caller: Caller,
  ): Promise<Page<OrderView>> {
    return this.orders.list(filter, ownerFor(caller));
  }

  @Get(':id')
  @Roles('customer', 'operator', 'integration')
  @ApiOperation({ summary: 'Read an order' })
  @ETag
  async get(@Param('id', { schema: schema.orderId }) id: string, @CurrentCaller() caller: Caller): Promise<OrderView> {
    return this.orders.get(id, ownerFor(caller));
  }

  @Get(':id/timeline')
  @Roles('customer', 'operator', 'integration')
  @ApiOperation({ summary: 'Read what happened to an order, oldest first' })
  async timeline(
    @Param('id', { schema: schema.orderId }) id: string,
    @CurrentCaller() caller: Caller,
  ): Promise<Page<TimelineEntryView>> {
    await this.orders.get(id, ownerFor(caller));
    return { data: await this.orders.timeline(id), nextCursor: null };
  }

  @Get(':id/allocations')
  @Roles('customer', 'operator', 'integration')
  @ApiOperation({ summary: "Read where an order's stock comes from" })
  async allocations(
    @Param('id', { schema: schema.orderId }) id: string,
    @CurrentCaller() caller: Caller,
  ): Promise<Page<LineAllocation>> {
    await this.orders.get(id, ownerFor(caller));
    return { data: await this.queries.execute(new GetOrderAllocations(id)), nextCursor: null };
  }
}
