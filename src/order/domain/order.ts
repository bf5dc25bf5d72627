import { Aggregate } from '../../kernel/aggregate.js';
import { sum } from '../../kernel/money.js';
import {
  OrderCanceled,
  OrderDelivered,
  OrderLinesCanceled,
  OrderPaid,
  OrderPlaced,
  OrderShipped,
  type ShippingInfo,
  ShippingInfoChanged,
} from '../contract/events.js';
import { isOpen, openTotalOf, openUnits, takeUnits, type UnitsOfLine } from './open-lines.js';
import { StockNotReady } from './order.errors.js';
import { cancelable, deliverable, enforce, isCanceled, paymentDue, shippable } from './order.rules.js';
import type { CanceledLine, Cancellation, Capture, LineStatus, OrderState, Shipment } from './order.state.js';
import { discountLines, priceLines, type Prices, type RequestedLine } from './pricing.js';
import { erasedShippingInfo, isSameShippingInfo } from './shipping-info.js';

export interface NewOrder extends Pick<OrderState, 'id' | 'customerId' | 'shippingInfo'> {
  readonly lines: readonly RequestedLine[];
  readonly currency: string;
  readonly paymentDueAt?: Date;
  /** What the customer's offer takes off, in basis points. */
  readonly discountBps?: number;
}

export type CancellationRequest = Omit<Cancellation, 'lines' | 'canceledAt'>;

export class Order extends Aggregate<OrderState> {
  readonly streamType = 'order';

  static place({ id, customerId, shippingInfo, ...asked }: NewOrder, prices: Prices, now: Date): Order {
    const priced = priceLines(asked.lines, prices, asked.currency);
    const lines = discountLines(priced, asked.discountBps ?? 0, asked.currency);
    const total = sum(
      lines.map((line) => line.lineTotal),
      asked.currency,
    );
    const paymentDueAt = paymentDue(asked.paymentDueAt, now);
    const facts = { id, customerId, lines, total, shippingInfo, paymentDueAt, placedAt: now };
    const nothingYet = { captures: [], paidAt: null, cancellations: [], shipment: null, deliveredAt: null };
    const order = new Order({ ...facts, ...nothingYet, version: 1 });
    order.recordPlacing();
    order.payWhenCovered({}, now);
    return order;
  }

  static from(state: OrderState): Order {
    return new Order(state);
  }

  private constructor(state: OrderState) {
    super(state);
  }

  get streamId(): string {
    return this.state.id;
  }

  get openLines() {
    return openUnits(this.state.lines);
  }

  recordLineStatus(lineId: string, status: LineStatus): void {
    const { lines } = this.state;
    const line = lines.find((candidate) => candidate.lineId === lineId);
    if (!line || line.status === status) return;
    this.change({ lines: lines.map((each) => (each === line ? { ...line, status } : each)) });
  }

  /** Money for a canceled order, or in another currency, pays for nothing here: giving it back is Refund's business. */
  recordCapture(capture: Capture, now: Date): void {
    const { captures, total } = this.state;
    const known = captures.some((each) => each.paymentId === capture.paymentId);
    if (known || isCanceled(this.state) || capture.amount.currency !== total.currency) return;
    this.payWhenCovered({ captures: [...captures, capture] }, now);
  }

  /** All that is open. */
  cancel(request: CancellationRequest, now: Date): void {
    this.cancelLines(request, this.openLines, now);
  }

  /** Some units; when they are the last ones, the order is canceled. */
  cancelLines(request: CancellationRequest, wanted: readonly UnitsOfLine[], now: Date): void {
    enforce(this.state, cancelable);
    const { lines, taken } = takeUnits(this.state.lines, wanted);
    const cancellation = { ...request, lines: taken, canceledAt: now };
    const patch = { lines, cancellations: [...this.state.cancellations, cancellation] };
    if (!lines.some(isOpen)) return this.change(patch, this.canceled(cancellation));
    this.change({}, this.linesCanceled(cancellation));
    this.payWhenCovered(patch, now);
  }

  /** The time to pay is over; whatever was paid, canceled or shipped by then stays as it is. */
  expire(cancellationId: string, now: Date): void {
    if (this.state.paidAt || isCanceled(this.state)) return;
    this.cancel({ id: cancellationId, reason: 'payment_expired', note: null, canceledBy: 'system' }, now);
  }

  /** A line that is canceled by then takes nothing with it, and an order is canceled once. */
  runOut(lineId: string, cancellationId: string, now: Date): void {
    const line = this.state.lines.find((each) => each.lineId === lineId);
    if (!line || !isOpen(line)) return;
    this.cancel({ id: cancellationId, reason: 'out_of_stock', note: null, canceledBy: 'system' }, now);
  }

  changeShippingInfo(shippingInfo: ShippingInfo, now: Date): void {
    enforce(this.state, cancelable);
    if (isSameShippingInfo(this.state.shippingInfo, shippingInfo)) return;
    const change = { ...this.names, newShippingInfo: shippingInfo, changedAt: now };
    this.change({ shippingInfo }, new ShippingInfoChanged(change));
  }

  mustBeShippable(): void {
    enforce(this.state, shippable);
  }

  /** `taken` is what left the stock for it. What was canceled while it did must not be shipped. */
  ship(parcel: Omit<Shipment, 'shippedAt'>, taken: readonly UnitsOfLine[], now: Date): void {
    this.mustBeShippable();
    if (!isSameUnits(taken, this.openLines)) throw new StockNotReady();
    const shipment = { ...parcel, shippedAt: now };
    this.change({ shipment }, new OrderShipped({ ...this.names, ...shipment }));
  }

  confirmDelivery(now: Date): void {
    enforce(this.state, deliverable);
    if (this.state.deliveredAt) return;
    this.change({ deliveredAt: now }, new OrderDelivered({ ...this.names, deliveredAt: now }));
  }

  /** Keeps the books: what was ordered, paid and canceled. An open order was placed meanwhile, and has to go somewhere. */
  erasePersonalData(): void {
    if (!isCanceled(this.state) && !this.state.deliveredAt) return;
    const { shippingInfo, cancellations } = this.state;
    const erased = erasedShippingInfo(shippingInfo);
    const noted = cancellations.some(({ note }) => note !== null);
    if (isSameShippingInfo(shippingInfo, erased) && !noted) return;
    this.change({ shippingInfo: erased, cancellations: cancellations.map((each) => ({ ...each, note: null })) });
  }

  private get names() {
    return { orderId: this.state.id, customerId: this.state.customerId };
  }

  private recordPlacing(): void {
    const { total, shippingInfo, paymentDueAt, placedAt } = this.state;
    const lines = this.state.lines.map(({ lineId, sku, quantity, unitPrice, discount, lineTotal }) => {
      return { lineId, sku, quantity, unitPrice, discount, lineTotal };
    });
    this.change({}, new OrderPlaced({ ...this.names, lines, total, shippingInfo, paymentDueAt, placedAt }));
  }

  private canceled({ id: cancellationId, reason, canceledAt, ...cancellation }: Cancellation): OrderCanceled {
    const lines = cancellation.lines.map(({ lineId, sku, quantity }) => ({ lineId, sku, quantity }));
    return new OrderCanceled({ ...this.names, cancellationId, reason, lines, canceledAt });
  }

  private linesCanceled({ id: cancellationId, reason, canceledAt, ...cancellation }: Cancellation): OrderLinesCanceled {
    const lines = [...cancellation.lines];
    const amount = amountOf(lines, this.state.total.currency);
    return new OrderLinesCanceled({ ...this.names, cancellationId, reason, lines, amount, canceledAt });
  }

  /** A total of 0 is covered by no capture at all. */
  private payWhenCovered(patch: Partial<OrderState>, now: Date): void {
    this.change(patch);
    const { captures, paidAt } = this.state;
    const total = openTotalOf(this.state);
    const captured = amountOf(captures, total.currency);
    if (paidAt || captured.amount < total.amount) return;
    this.change({ paidAt: now }, new OrderPaid({ ...this.names, total, paidAt: now }));
  }
}

function amountOf(parts: readonly (Capture | CanceledLine)[], currency: string) {
  return sum(
    parts.map((part) => part.amount),
    currency,
  );
}

function isSameUnits(some: readonly UnitsOfLine[], others: readonly UnitsOfLine[]): boolean {
  const same = (unit: UnitsOfLine) =>
    others.some((other) => other.lineId === unit.lineId && other.quantity === unit.quantity);
  return some.length === others.length && some.every(same);
}
