import type { Money } from '../../kernel/money.js';
import type { CancellationReason, ShippingInfo } from '../contract/events.js';
import type { OrderStatus } from '../contract/order-status.js';
import { openTotalOf } from '../domain/open-lines.js';
import type { CanceledLine, OrderLine } from '../domain/order.state.js';
import { type OrderSummary, summaryOf } from './order-summary.js';
import type { SummaryFact } from './summary-facts.js';

export interface OrderView {
  id: string;
  customerId: string;
  status: OrderStatus;
  /** `open` units are not canceled; `discount` is there where the customer had an offer. */
  lines: readonly OrderLine[];
  /** As placed. */
  total: Money;
  /** Less what was canceled. */
  openTotal: Money;
  summary: OrderSummary;
  shippingInfo: ShippingInfo;
  placedAt: Date;
  paymentDueAt: Date;
  paidAt: Date | null;
  shipment: { carrier: string; trackingNumber: string; shippedAt: string } | null;
  deliveredAt: Date | null;
  version: number;
}

export interface CancellationView {
  id: string;
  orderId: string;
  reason: CancellationReason;
  note: string | null;
  lines: readonly CanceledLine[];
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

export type OrderRow = Omit<OrderView, 'openTotal' | 'summary'> & { facts: readonly SummaryFact[] };

/** Of `orders.orders o`. */
export const ORDER_COLUMNS = `
  o.id, o.customer_id as "customerId", o.status, o.lines, o.total, o.shipping_info as "shippingInfo",
  o.placed_at as "placedAt", o.payment_due_at as "paymentDueAt", o.paid_at as "paidAt", o.shipment,
  o.delivered_at as "deliveredAt", o.version,
  (select coalesce(jsonb_agg(jsonb_build_object('part', part, 'id', s.id, 'status', s.status, 'amount', amount)), '[]')
     from orders.summary s where s.order_id = o.id) as facts`;

export function viewOf({ facts, ...order }: OrderRow): OrderView {
  return { ...order, openTotal: openTotalOf(order), summary: summaryOf(order, facts) };
}
