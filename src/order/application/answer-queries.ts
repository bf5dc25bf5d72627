import { type IQueryHandler, QueryHandler } from '@nestjs/cqrs';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import {
  ExportOrders,
  GetOrderForPayment,
  GetOrdersOfCustomer,
  type OrderForPayment,
  type OrderOfCustomer,
} from '../contract/queries.js';
import { openTotalOf } from '../domain/open-lines.js';
import type { OrderLine } from '../domain/order.state.js';
import { ORDER_COLUMNS, type OrderRow, viewOf } from './order-view.js';

@QueryHandler(GetOrderForPayment)
export class GetOrderForPaymentHandler implements IQueryHandler<GetOrderForPayment> {
  constructor(@InjectDataSource() private readonly dataSource: DataSource) {}

  async execute({ orderId }: GetOrderForPayment): Promise<OrderForPayment | undefined> {
    const [order] = await this.dataSource.query<(OrderForPayment & { lines: readonly OrderLine[] })[]>(
      `select id as "orderId", customer_id as "customerId", lines, total, status as state
         from orders.orders where id = $1`,
      [orderId],
    );
    if (!order) return undefined;
    const { lines: _, ...facts } = order;
    return { ...facts, total: openTotalOf(order) };
  }
}

@QueryHandler(GetOrdersOfCustomer)
export class GetOrdersOfCustomerHandler implements IQueryHandler<GetOrdersOfCustomer> {
  constructor(@InjectDataSource() private readonly dataSource: DataSource) {}

  async execute({ customerId }: GetOrdersOfCustomer): Promise<readonly OrderOfCustomer[]> {
    return this.dataSource.query<OrderOfCustomer[]>(
      `select id as "orderId", status not in ('delivered', 'canceled') as "isOpen"
         from orders.orders where customer_id = $1 order by id desc`,
      [customerId],
    );
  }
}

@QueryHandler(ExportOrders)
export class ExportOrdersHandler implements IQueryHandler<ExportOrders> {
  constructor(@InjectDataSource() private readonly dataSource: DataSource) {}

  async execute({ customerId }: ExportOrders): Promise<readonly object[]> {
    const orders = await this.dataSource.query<(OrderRow & { cancellations: readonly object[] })[]>(
      `select ${ORDER_COLUMNS}, o.cancellations from orders.orders o where o.customer_id = $1 order by o.id desc`,
      [customerId],
    );
    return orders.map(viewOf);
  }
}
