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
  /** What the offer for VIPs took off; absent without one. */
  readonly discount?: Money;
  /** Units times price, less the discount. */
  readonly lineTotal: Money;
  /** How many of the units are not canceled. */
  readonly open: number;
  readonly status: LineStatus;
}

export interface CanceledLine {
  readonly lineId: string;
  readonly sku: string;
  readonly quantity: number;
  /** How many units stay open. */
  readonly keep: number;
  /** What the canceled units were worth. */
  readonly amount: Money;
}

export interface Cancellation {
  readonly id: string;
  readonly reason: CancellationReason;
  readonly note: string | null;
  readonly lines: readonly CanceledLine[];
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
  /** As placed, whatever is canceled later. */
  readonly total: Money;
  readonly shippingInfo: ShippingInfo;
  readonly placedAt: Date;
  readonly paymentDueAt: Date;
  readonly captures: readonly Capture[];
  readonly paidAt: Date | null;
  readonly cancellations: readonly Cancellation[];
  readonly shipment: Shipment | null;
  readonly deliveredAt: Date | null;
  readonly version: number;
}
