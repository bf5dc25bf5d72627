import { z } from 'zod';
import { instant } from '../../messaging/index.js';
import { cancellationReasons, type ShippingInfo, shippingInfo } from '../contract/events.js';
import { refundStatuses } from '../application/order-summary.js';
import { wordsIn } from '../domain/search-words.js';
import { orderStatuses } from '../contract/order-status.js';

const customerId = z.string().trim().min(1).max(100);
const sku = z.string().trim().min(1).max(100);
const quantity = z.int().min(1).max(9_999);

/** Each is one more index to be read. */
const MOST_WORDS = 5;

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
        sku,
        quantity,
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
  sku: sku.optional(),
  placedFrom: instant.optional().meta({ description: 'Inclusive.' }),
  placedTo: instant.optional().meta({ description: 'Exclusive.' }),
  refundStatus: z
    .enum(['none', ...refundStatuses])
    .optional()
    .meta({ description: 'Where the refunds of an order differ, the first of this list that any of them is.' }),
  q: z
    .string()
    .trim()
    .min(1)
    .max(200)
    .refine((text) => wordsIn(text).length <= MOST_WORDS, `At most ${MOST_WORDS} words.`)
    .optional()
    .meta({
      description:
        'Up to 5 whole words, in any case, all of which an order must have: its id, its customer’s id, a sku, the tracking number, the receiver’s name, the city.',
    }),
  cursor: z.uuid().optional().meta({ description: 'nextCursor of the page before.' }),
  limit: z.coerce.number().int().min(1).max(100).default(20),
});
export type ListOrdersQuery = z.output<typeof listOrdersQuery>;

export const cancelOrderRequest = z.strictObject({
  reason: z.enum(cancellationReasons).meta({ description: 'Customers may give `customer` only.' }),
  note: z.string().trim().min(1).max(500).optional().meta({ description: 'The customer can read it.' }),
  lines: z
    .array(z.strictObject({ lineId: z.uuid(), quantity }))
    .min(1)
    .max(100)
    .optional()
    .meta({ description: 'The units to cancel, each line once; without them, all that is open.' }),
});
export type CancelOrderRequest = z.output<typeof cancelOrderRequest>;

export const shippingInfoRequest = shippingInfo;
export type ShippingInfoRequest = ShippingInfo;

export const shipOrderRequest = z.strictObject({
  carrier: z.string().trim().min(1).max(100),
  trackingNumber: z.string().trim().min(1).max(100),
});
export type ShipOrderRequest = z.output<typeof shipOrderRequest>;
