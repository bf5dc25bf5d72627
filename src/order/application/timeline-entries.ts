import {
  LineBackordered,
  LineEtaChanged,
  OutOfStock,
  StockAllocated,
  StockDeallocated,
} from '../../allocation/index.js';
import { PurchaseRecorded, PurchaseRevoked } from '../../customer/index.js';
import type { MessageClass } from '../../messaging/index.js';
import {
  PaymentCanceled,
  PaymentCaptured,
  PaymentDisputeClosed,
  PaymentDisputed,
  PaymentFailed,
  RefundAttentionRaised,
  RefundCanceled,
  RefundDiscovered,
  RefundFailed,
  RefundPending,
  RefundRequested,
  RefundResolved,
  RefundSucceeded,
} from '../../refund/index.js';
import {
  OrderCanceled,
  OrderDelivered,
  OrderLinesCanceled,
  OrderPaid,
  OrderPlaced,
  OrderShipped,
  ShippingInfoChanged,
} from '../contract/events.js';

export type EventOfAnOrder = { readonly orderId: string };

interface Entry<E extends EventOfAnOrder = EventOfAnOrder> {
  readonly event: MessageClass<E>;
  readonly text: (event: E) => string;
  /** The fields that are kept. They are named one by one, so that no personal data comes along with a new field. */
  readonly keep: readonly (keyof E)[];
}

function entry<E extends EventOfAnOrder>(
  event: MessageClass<E>,
  text: Entry<E>['text'],
  keep: Entry<E>['keep'],
): Entry {
  return { event, text, keep } as unknown as Entry;
}

const entries: readonly Entry[] = [
  entry(OrderPlaced, (e) => `Order placed with ${count(e.lines.length, 'line')}`, ['lines', 'total', 'paymentDueAt']),
  entry(OrderPaid, () => 'Order paid in full', ['total']),
  entry(OrderCanceled, (e) => `Order canceled: ${inWords(e.reason)}`, ['cancellationId', 'reason', 'lines']),
  entry(OrderLinesCanceled, (e) => `${count(sumOf(e.lines), 'unit')} canceled: ${inWords(e.reason)}`, [
    'cancellationId',
    'reason',
    'lines',
    'amount',
  ]),
  entry(ShippingInfoChanged, () => 'Shipping information changed', []),
  entry(OrderShipped, (e) => `Shipped with ${e.carrier}, ${e.trackingNumber}`, ['carrier', 'trackingNumber']),
  entry(OrderDelivered, () => 'Delivered', []),

  entry(StockAllocated, (e) => `${e.sku} allocated`, ['lineId', 'sku', 'batches']),
  entry(StockDeallocated, (e) => `Stock of ${e.sku} ${releaseInWords(e.kept)}`, ['lineId', 'sku', 'kept']),
  entry(LineBackordered, (e) => `${e.sku} back-ordered`, ['lineId', 'sku', 'quantity']),
  entry(OutOfStock, (e) => `${e.sku} is out of stock`, ['lineId', 'sku', 'requested', 'available']),

  entry(LineEtaChanged, (e) => (e.eta ? `${e.sku} now expected on ${e.eta}` : `${e.sku} is in the warehouse`), [
    'lineId',
    'sku',
    'eta',
  ]),

  entry(PaymentCaptured, () => 'Payment received', ['paymentId', 'gateway', 'amount']),
  entry(PaymentFailed, (e) => `Payment failed: ${inWords(e.code)}`, ['paymentId', 'code']),
  entry(PaymentCanceled, () => 'Payment withdrawn', ['paymentId']),
  entry(PaymentDisputed, (e) => `Payment disputed: ${inWords(e.reason)}`, ['paymentId', 'amount', 'reason']),
  entry(PaymentDisputeClosed, (e) => `Dispute ${e.outcome}`, ['paymentId', 'amount', 'outcome']),
  entry(RefundRequested, (e) => `Refund requested: ${inWords(e.reason)}`, ['refundId', 'amount', 'reason']),
  entry(RefundPending, () => 'Refund accepted by the gateway', ['refundId', 'amount']),
  entry(RefundSucceeded, () => 'Refund completed', ['refundId', 'amount']),
  entry(RefundFailed, (e) => `Refund failed: ${inWords(e.code)}`, ['refundId', 'amount', 'code']),
  entry(RefundResolved, () => 'Refund paid in another way', ['refundId', 'amount', 'reference']),
  entry(RefundCanceled, () => 'Refund canceled', ['refundId', 'amount']),
  entry(RefundAttentionRaised, (e) => `Refund needs a person: ${inWords(e.attention)}`, ['refundId', 'attention']),
  entry(RefundDiscovered, () => 'Refund made at the gateway', ['refundId', 'amount']),

  entry(PurchaseRecorded, (e) => `Counted as purchase ${e.purchases} of the customer`, ['purchases']),
  entry(PurchaseRevoked, () => 'No longer counted as a purchase', ['purchases']),
];

export const timelineEvents = entries.map((each) => each.event);

export function describe(event: EventOfAnOrder): { text: string; data: object } {
  const { text, keep } = entries.find((each) => each.event === event.constructor)!;
  return { text: text(event), data: Object.fromEntries(keep.map((field) => [field, event[field]])) };
}

/** A line that keeps units gave some up, or moves to another batch; the entries that follow say where to. */
const releaseInWords = (kept: number): string =>
  kept === 0 ? 'released' : `changed, ${count(kept, 'unit')} still claimed`;

const count = (n: number, noun: string): string => `${n} ${noun}${n === 1 ? '' : 's'}`;
const sumOf = (lines: readonly { quantity: number }[]): number => lines.reduce((sum, line) => sum + line.quantity, 0);
const inWords = (code: string): string => code.replaceAll('_', ' ');
