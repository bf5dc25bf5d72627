import { Injectable } from '@nestjs/common';
import { type IQueryHandler, QueryHandler } from '@nestjs/cqrs';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import type { Money } from '../../kernel/money.js';
import { type Page, pageOf } from '../../kernel/page.js';
import type { CancellationReason, ShippingInfo } from '../contract/events.js';
import type { OrderStatus } from '../contract/order-status.js';
import { GetOrderForPayment, type OrderForPayment } from '../contract/queries.js';
import { OrderNotFound } from '../domain/order.errors.js';
import type { LineStatus } from '../domain/order.state.js';

export interface OrderView {
  id: string;
  customerId: string;
  status: OrderStatus;
  lines: { lineId: string; sku: string; quantity: number; unitPrice: Money; lineTotal: Money; status: LineStatus }[];
  total: Money;
  shippingInfo: ShippingInfo;
  placedAt: Date;
  paymentDueAt: Date;
  paidAt: Date | null;
  shipment: { carrier: string; trackingNumber: string; shippedAt: string } | null;
  version: number;
}

export interface CancellationView {
  id: string;
  orderId: string;
  reason: CancellationReason;
  note: string | null;
  lines: { lineId: string; sku: string; quantity: number }[];
  canceledBy: string;
  canceledAt: string;
}

export interface TimelineEntryView {
  id: string;
  position: number;
  type: string;
  text: string;
  data: Record<string, unknown>;
  occurredAt: Date;
}

export interface OrderFilter {
  status?: OrderStatus;
  customerId?: string;
  cursor?: string;
  limit: number;
}

const VIEW = `
  select id, customer_id as "customerId", status, lines, total, shipping_info as "shippingInfo",
         placed_at as "placedAt", payment_due_at as "paymentDueAt", paid_at as "paidAt", shipment, version
    from orders.orders`;

/** `owner`, where it is given, hides what belongs to other customers. */
@Injectable()
export class OrderQueries {
  constructor(@InjectDataSource() private readonly dataSource: DataSource) {}

  async get(id: string, owner?: string): Promise<OrderView> {
    const owned = `${VIEW} where id = $1 and ($2::text is null or customer_id = $2)`;
    const [order] = await this.dataSource.query<OrderView[]>(owned, [id, owner]);
    if (!order) throw new OrderNotFound(id);
    return order;
  }

  /** Newest first. */
  async list({ status, customerId, cursor, limit }: OrderFilter, owner?: string): Promise<Page<OrderView>> {
    const orders = await this.dataSource.query<OrderView[]>(
      `${VIEW}
        where ($1::text is null or status = $1)
          and ($2::text is null or customer_id = $2)
          and ($3::text is null or customer_id = $3)
          and ($4::uuid is null or id < $4)
        order by id desc
        limit $5`,
      [status, customerId, owner, cursor, limit + 1],
    );
    return pageOf(orders, limit, (order) => order.id);
  }

  async cancellations(id: string, owner?: string): Promise<CancellationView[]> {
    const [order] = await this.dataSource.query<{ cancellations: CancellationView[] }[]>(
      'select cancellations from orders.orders where id = $1 and ($2::text is null or customer_id = $2)',
      [id, owner],
    );
    if (!order) throw new OrderNotFound(id);
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

@QueryHandler(GetOrderForPayment)
export class GetOrderForPaymentHandler implements IQueryHandler<GetOrderForPayment> {
  constructor(@InjectDataSource() private readonly dataSource: DataSource) {}

  async execute({ orderId }: GetOrderForPayment): Promise<OrderForPayment | undefined> {
    const [order] = await this.dataSource.query<OrderForPayment[]>(
      'select id as "orderId", customer_id as "customerId", total, status as state from orders.orders where id = $1',
      [orderId],
    );
    return order;
  }
}
