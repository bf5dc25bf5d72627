import { Body, Controller, HttpCode, Param, Post, Put } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { ApiOperation } from '@nestjs/swagger';
import { type Caller, CurrentCaller, ownerFor, Roles } from '../../access/index.js';
import type { ExpectedVersions } from '../../kernel/aggregate.js';
import { IfMatch } from '../../kernel/answer-header.js';
import { ChangeShippingInfo } from '../application/change-shipping-info.js';
import { ConfirmDelivery } from '../application/confirm-delivery.js';
import type { OrderView } from '../application/order-view.js';
import { OrderQueries } from '../application/order.queries.js';
import { ShipOrder } from '../application/ship-order.js';
import { ETag, Location } from './order-headers.js';
import * as schema from './order.schema.js';

/** An order's way to its receiver. */
@Controller('v1/orders/:id')
export class ShippingController {
  constructor(
    private readonly commands: CommandBus,
    private readonly orders: OrderQueries,
  ) {}

  @Put('shipping-info')
  @Roles('customer', 'operator')
  @ApiOperation({
    summary: 'Change where an order goes to',
    description: 'Possible until it is shipped. The carrier is told shortly after.',
  })
  @ETag
  async changeShippingInfo(
    @Param('id', { schema: schema.orderId }) id: string,
    @Body({ schema: schema.shippingInfoRequest }) shippingInfo: schema.ShippingInfoRequest,
    @CurrentCaller() caller: Caller,
    @IfMatch() expected: ExpectedVersions,
  ): Promise<OrderView> {
    await this.orders.get(id, ownerFor(caller));
    await this.commands.execute(new ChangeShippingInfo(id, shippingInfo, expected));
    return this.orders.get(id);
  }

  @Post('shipments')
  @Roles('operator', 'integration')
  @ApiOperation({ summary: 'Ship an order', description: 'Only when it is paid and every line is in stock.' })
  @Location
  @ETag
  async ship(
    @Param('id', { schema: schema.orderId }) id: string,
    @Body({ schema: schema.shipOrderRequest }) { carrier, trackingNumber }: schema.ShipOrderRequest,
    @IfMatch({ optional: true }) expected: ExpectedVersions,
  ): Promise<OrderView> {
    await this.commands.execute(new ShipOrder(id, carrier, trackingNumber, expected));
    return this.orders.get(id);
  }

  @Post('delivery')
  @HttpCode(200)
  @Roles('operator', 'integration')
  @ApiOperation({ summary: 'Record that an order has arrived', description: 'Only once it was shipped.' })
  @ETag
  async confirmDelivery(
    @Param('id', { schema: schema.orderId }) id: string,
    @IfMatch({ optional: true }) expected: ExpectedVersions,
  ): Promise<OrderView> {
    await this.commands.execute(new ConfirmDelivery(id, expected));
    return this.orders.get(id);
  }
}
