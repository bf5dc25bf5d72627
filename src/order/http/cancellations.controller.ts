import { Body, Controller, Get, Param, Post } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { ApiOperation } from '@nestjs/swagger';
import { type Caller, CurrentCaller, Idempotent, nameOf, type Once, ownerFor, Roles } from '../../access/index.js';
import { CancelOrder } from '../application/cancel-order.js';
import { CancelOrderLines } from '../application/cancel-order-lines.js';
import type { CancellationView } from '../application/order-view.js';
import { OrderQueries } from '../application/order.queries.js';
import { AnswerHeader } from '../../kernel/answer-header.js';
import type { Page } from '../../kernel/page.js';
import { mayGiveReason } from './customer-scope.js';
import * as schema from './order.schema.js';

const Location = AnswerHeader<CancellationView>('Location', ({ orderId }) => `/v1/orders/${orderId}/cancellations`);

@Controller('v1/orders/:id/cancellations')
export class CancellationsController {
  constructor(
    private readonly commands: CommandBus,
    private readonly orders: OrderQueries,
  ) {}

  @Post()
  @Roles('customer', 'operator')
  @ApiOperation({
    summary: 'Cancel an order, or units of its lines',
    description:
      'Possible until it is shipped. What was paid for it is refunded and the stock is released shortly after. With the last unit the order is canceled.',
  })
  @Location
  async cancel(
    @Param('id', { schema: schema.orderId }) id: string,
    @Body({ schema: schema.cancelOrderRequest }) request: schema.CancelOrderRequest,
    @CurrentCaller() caller: Caller,
    @Idempotent() once: Once,
  ): Promise<CancellationView> {
    await this.orders.get(id, ownerFor(caller));
    mayGiveReason(caller, request.reason);
    const cancel = commandFor(id, request, nameOf(caller));
    const cancellationId = await once(() => this.commands.execute(cancel));
    return this.orders.cancellation(id, cancellationId);
  }

  @Get()
  @Roles('customer', 'operator', 'integration')
  @ApiOperation({ summary: "List an order's cancellations" })
  async list(
    @Param('id', { schema: schema.orderId }) id: string,
    @CurrentCaller() caller: Caller,
  ): Promise<Page<CancellationView>> {
    return { data: await this.orders.cancellations(id, ownerFor(caller)), nextCursor: null };
  }
}

function commandFor(
  id: string,
  { reason, note, lines }: schema.CancelOrderRequest,
  canceledBy: string,
): CancelOrder | CancelOrderLines {
  if (!lines) return new CancelOrder(id, reason, canceledBy, note);
  return new CancelOrderLines(id, lines, { reason, note: note ?? null, canceledBy });
}
