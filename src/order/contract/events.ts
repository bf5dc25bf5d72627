import { z } from 'zod';
import { money } from '../../kernel/money.js';
import { Fields, instant, Message } from '../../messaging/index.js';

export const shippingInfo = z.strictObject({
  receiver: z.strictObject({ name: z.string().trim().min(1).max(200), phone: z.string().trim().min(3).max(40) }),
  address: z.strictObject({
    line1: z.string().trim().min(1).max(200),
    line2: z.string().trim().max(200).optional(),
    city: z.string().trim().min(1).max(100),
    postalCode: z.string().trim().min(1).max(20),
    country: z
      .string()
      .regex(/^[A-Z]{2}$/)
      .meta({ description: 'ISO 3166-1 alpha-2.' }),
  }),
  message: z.string().trim().max(500).optional(),
});
export type ShippingInfo = Readonly<z.output<typeof shippingInfo>>;

export const cancellationReasons = ['customer', 'staff', 'fraud', 'out_of_stock', 'payment_expired', 'other'] as const;
export type CancellationReason = (typeof cancellationReasons)[number];

const lineQuantity = z.object({ lineId: z.uuid(), sku: z.string(), quantity: z.int().positive() });

@Message<OrderPlaced>('order.placed', { personal: { subject: (e) => e.customerId, fields: ['shippingInfo'] } })
export class OrderPlaced extends Fields({
  orderId: z.uuid(),
  customerId: z.string(),
  lines: z.array(
    lineQuantity.extend({
      unitPrice: money,
      /** What the offer for VIPs took off; absent without one. */
      discount: money.optional(),
      /** Units times price, less the discount. */
      lineTotal: money,
    }),
  ),
  total: money,
  shippingInfo: shippingInfo.optional(),
  paymentDueAt: instant,
  placedAt: instant,
}) {}

/** Paid in full, or a total of 0 was placed. */
@Message('order.paid')
export class OrderPaid extends Fields({ orderId: z.uuid(), customerId: z.string(), total: money, paidAt: instant }) {}

@Message('order.canceled')
export class OrderCanceled extends Fields({
  orderId: z.uuid(),
  customerId: z.string(),
  cancellationId: z.uuid(),
  reason: z.enum(cancellationReasons),
  /** What was still open. */
  lines: z.array(lineQuantity),
  canceledAt: instant,
}) {}

/** A part of an order is canceled and something stays open; when nothing does, it is OrderCanceled instead. */
@Message('order.lines-canceled')
export class OrderLinesCanceled extends Fields({
  orderId: z.uuid(),
  customerId: z.string(),
  cancellationId: z.uuid(),
  reason: z.enum(cancellationReasons),
  /** `quantity` units are canceled, `keep` stay open; `amount` is what the canceled ones were worth. */
  lines: z.array(lineQuantity.extend({ keep: z.int().nonnegative(), amount: money })),
  /** Sum of the lines' amounts. */
  amount: money,
  canceledAt: instant,
}) {}

@Message<ShippingInfoChanged>('order.shipping-info-changed', {
  personal: { subject: (e) => e.customerId, fields: ['newShippingInfo'] },
})
export class ShippingInfoChanged extends Fields({
  orderId: z.uuid(),
  customerId: z.string(),
  /** Absent once it is erased. */
  newShippingInfo: shippingInfo.optional(),
  changedAt: instant,
}) {}

@Message('order.shipped')
export class OrderShipped extends Fields({
  orderId: z.uuid(),
  customerId: z.string(),
  carrier: z.string(),
  trackingNumber: z.string(),
  shippedAt: instant,
}) {}

@Message('order.delivered')
export class OrderDelivered extends Fields({ orderId: z.uuid(), customerId: z.string(), deliveredAt: instant }) {}
