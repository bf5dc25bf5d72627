import { Injectable } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import { GetOrderForPayment, type OrderForPayment } from '../../order/index.js';
import { OrderNotFound } from '../domain/errors.js';

@Injectable()
export class PayableOrders {
  constructor(private readonly queries: QueryBus) {}

  /** With an owner, another customer's order is as good as none. */
  async get(orderId: string, owner?: string): Promise<OrderForPayment> {
    const order = await this.queries.execute(new GetOrderForPayment(orderId));
    if (!order || (owner ?? order.customerId) !== order.customerId) throw new OrderNotFound(orderId);
    return order;
  }
}
