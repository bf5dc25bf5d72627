import type { Money } from '../../kernel/money.js';
import type { CancellationReason, ShippingInfo } from '../contract/events.js';

export const lineStatuses = ['pending', 'allocated', 'backordered', 'out_of_stock', 'released'] as const;
/** What the stock says of a line. */
export type LineStatus = (typeof lineStatuses)[number];

export interface OrderLine {
  readonly lineId: string;
  readonly sku: string;
  readonly quantity: number;
  /** The product's price when the order was placed. */
  readonly unitPrice: Money;
  readonly lineTotal: Money;
  readonly status: LineStatus;
}

export interface Cancellation {
  readonly id: string;
  readonly reason: CancellationReason;
  readonly note: string | null;
  readonly lines: readonly { lineId: string; sku: string; quantity: number }[];
  readonly canceledBy: string;
  readonly canceledAt: Date;
}

export interface Shipment {
  readonly carrier: string;
  readonly trackingNumber: string;
  readonly shippedAt: Date;
}

/** Money that arrived for the order. */
export interface Capture {
  readonly paymentId: string;
  readonly amount: Money;
}

export interface OrderState {
  readonly id: string;
  readonly customerId: string;
  readonly lines: readonly OrderLine[];
  readonly total: Money;
  readonly shippingInfo: ShippingInfo;
  readonly placedAt: Date;
  readonly paymentDueAt: Date;
  readonly captures: readonly Capture[];
  readonly paidAt: Date | null;
  readonly cancellations: readonly Cancellation[];
  readonly shipment: Shipment | null;
  readonly version: number;
}
