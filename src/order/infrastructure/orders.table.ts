import { EntitySchema, type ValueTransformer } from 'typeorm';
import { z } from 'zod';
import { instant } from '../../messaging/index.js';
import { orderStatuses, type OrderStatus } from '../contract/order-status.js';
import type { OrderState } from '../domain/order.state.js';

/** `status` is stored for the lists that filter by it; what counts is derived from the other columns. */
export type OrderRow = OrderState & { readonly status: OrderStatus };

/** JSON has no dates: the schema names the fields that become some, and lets the others through. */
const withInstants = (schema: z.ZodType): ValueTransformer => ({
  to: (value: unknown) => z.encode(schema, value),
  from: (value: unknown) => z.decode(schema, value),
});
const cancellations = z.array(z.looseObject({ canceledAt: instant }));
const shipment = z.looseObject({ shippedAt: instant }).nullable();

export const ordersTable = new EntitySchema<OrderRow>({
  name: 'order',
  schema: 'orders',
  tableName: 'orders',
  columns: {
    id: { type: 'uuid', primary: true },
    version: { type: 'int' },
    customerId: { type: 'text', name: 'customer_id' },
    status: { type: 'text' },
    lines: { type: 'jsonb' },
    total: { type: 'jsonb' },
    shippingInfo: { type: 'jsonb', name: 'shipping_info' },
    placedAt: { type: 'timestamptz', name: 'placed_at' },
    paymentDueAt: { type: 'timestamptz', name: 'payment_due_at' },
    captures: { type: 'jsonb' },
    paidAt: { type: 'timestamptz', name: 'paid_at', nullable: true },
    cancellations: { type: 'jsonb', transformer: withInstants(cancellations) },
    shipment: { type: 'jsonb', nullable: true, transformer: withInstants(shipment) },
    deliveredAt: { type: 'timestamptz', name: 'delivered_at', nullable: true },
  },
  indices: [
    { name: 'orders_of_customer', columns: ['customerId', 'id'] },
    { name: 'orders_with_status', columns: ['status', 'id'] },
  ],
  checks: [{ name: 'orders_status_known', expression: `status in (${orderStatuses.map((s) => `'${s}'`).join(', ')})` }],
});
