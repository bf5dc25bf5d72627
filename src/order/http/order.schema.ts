import { z } from 'zod';
import { instant } from '../../messaging/index.js';
import { cancellationReasons, shippingInfo } from '../contract/events.js';
import { orderStatuses } from '../contract/order-status.js';

const customerId = z.string().trim().min(1).max(100);

export const orderId = z.uuid();

export const placeOrderRequest = z.strictObject({
  customerId,
  currency: z
    .string()
    .regex(/^[A-Z]{3}$/)
    .meta({ description: 'ISO 4217. Every line must be priced in it.' }),
  lines: z
    .array(
      z.strictObject({
        sku: z.string().trim().min(1).max(100),
        quantity: z.int().min(1).max(9_999),
      }),
    )
    .min(1)
    .max(100),
  shippingInfo,
  paymentDueAt: instant.optional().meta({ description: 'At most 3 days ahead; 30 minutes by default.' }),
});
export type PlaceOrderRequest = z.output<typeof placeOrderRequest>;

export const listOrdersQuery = z.strictObject({
  status: z.enum(orderStatuses).optional(),
  customerId: customerId.optional(),
  cursor: z.uuid().optional().meta({ description: 'nextCursor of the page before.' }),
  limit: z.coerce.number().int().min(1).max(100).default(20),
});
export type ListOrdersQuery = z.output<typeof listOrdersQuery>;

export const cancelOrderRequest = z.strictObject({
  reason: z.enum(cancellationReasons).meta({ description: 'Customers may give `customer` only.' }),
  note: z.string().trim().min(1).max(500).optional().meta({ description: 'The customer can read it.' }),
});
export type CancelOrderRequest = z.output<typeof cancelOrderRequest>;

export const shipOrderRequest = z.strictObject({
  carrier: z.string().trim().min(1).max(100),
  trackingNumber: z.string().trim().min(1).max(100),
});
export type ShipOrderRequest = z.output<typeof shipOrderRequest>;
