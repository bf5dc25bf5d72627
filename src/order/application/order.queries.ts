import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { type Page, pageOf } from '../../kernel/page.js';
import { OrderNotFound } from '../domain/order.errors.js';
import { listStatement, type OrderFilter } from './order-list.js';
import {
  type CancellationView,
  ORDER_COLUMNS,
  type OrderRow,
  type OrderView,
  type TimelineEntryView,
  viewOf,
} from './order-view.js';

/** `owner`, where it is given, hides what belongs to other customers. */
@Injectable()
export class OrderQueries {
  constructor(@InjectDataSource() private readonly dataSource: DataSource) {}

  async get(id: string, owner?: string): Promise<OrderView> {
    const sql = `select ${ORDER_COLUMNS} from orders.orders o where id = $1`;
    const [order] = await this.dataSource.query<OrderRow[]>(sql, [id]);
    if (!order || (owner ?? order.customerId) !== order.customerId) throw new OrderNotFound(id);
    return viewOf(order);
  }

  /** Newest first. */
  async list(filter: OrderFilter, owner?: string): Promise<Page<OrderView>> {
    const { sql, values } = listStatement(filter, owner);
    const orders = await this.dataSource.query<OrderRow[]>(sql, [...values]);
    return pageOf(orders.map(viewOf), filter.limit, (order) => order.id);
  }

  async cancellations(id: string, owner?: string): Promise<CancellationView[]> {
    const [order] = await this.dataSource.query<{ customerId: string; cancellations: CancellationView[] }[]>(
      'select customer_id as "customerId", cancellations from orders.orders where id = $1',
      [id],
    );
    if (!order || (owner ?? order.customerId) !== order.customerId) throw new OrderNotFound(id);
    return order.cancellations.map((cancellation) => ({ ...cancellation, orderId: id }));
  }

  async cancellation(orderId: string, id: string): Promise<CancellationView> {
    const cancellations = await this.cancellations(orderId);
    return cancellations.find((each) => each.id === id)!;
  }

  /** Oldest first. */
  async timeline(id: string): Promise<TimelineEntryView[]> {
    return this.dataSource.query<TimelineEntryView[]>(
      `select event_id as id, position::float8 as position, type, text, data, occurred_at as "occurredAt"
         from orders.timeline where order_id = $1 order by timeline.position`,
      [id],
    );
  }
}
