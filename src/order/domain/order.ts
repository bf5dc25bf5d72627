import { Aggregate } from '../../kernel/aggregate.js';
import { sum } from '../../kernel/money.js';
import { OrderCanceled, OrderPaid, OrderPlaced, OrderShipped } from '../contract/events.js';
import { cancelable, isCanceled, enforce, paymentDue, shippable } from './order.rules.js';
import type { Cancellation, Capture, LineStatus, OrderState, Shipment } from './order.state.js';
import { priceLines, type Prices, type RequestedLine } from './pricing.js';

export interface NewOrder extends Pick<OrderState, 'id' | 'customerId' | 'shippingInfo'> {
  readonly lines: readonly RequestedLine[];
  readonly currency: string;
  readonly paymentDueAt?: Date;
}

export class Order extends Aggregate<OrderState> {
  readonly streamType = 'order';

  static place({ id, customerId, shippingInfo, ...asked }: NewOrder, prices: Prices, now: Date): Order {
    const lines = priceLines(asked.lines, prices, asked.currency);
    const total = sum(
      lines.map((line) => line.lineTotal),
      asked.currency,
    );
    const paymentDueAt = paymentDue(asked.paymentDueAt, now);
    const facts = { id, customerId, lines, total, shippingInfo, paymentDueAt, placedAt: now };
    const order = new Order({ ...facts, captures: [], paidAt: null, cancellations: [], shipment: null, version: 1 });
    order.recordPlacing();
    order.payWhenCovered([], now);
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
    return this.state.lines.map(({ lineId, sku, quantity }) => ({ lineId, sku, quantity }));
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
    this.payWhenCovered([...captures, capture], now);
  }

  /** All that is open. */
  cancel(request: Omit<Cancellation, 'lines' | 'canceledAt'>, now: Date): void {
    enforce(this.state, cancelable);
    const { id: orderId, customerId, cancellations } = this.state;
    const lines = this.openLines;
    const { id: cancellationId, reason } = request;
    this.change(
      { cancellations: [...cancellations, { ...request, lines, canceledAt: now }] },
      new OrderCanceled({ orderId, customerId, cancellationId, reason, lines, canceledAt: now }),
    );
  }

  /** The time to pay is over; whatever was paid, canceled or shipped by then stays as it is. */
  expire(cancellationId: string, now: Date): void {
    if (this.state.paidAt || isCanceled(this.state)) return;
    this.cancel({ id: cancellationId, reason: 'payment_expired', note: null, canceledBy: 'system' }, now);
  }

  mustBeShippable(): void {
    enforce(this.state, shippable);
  }

  ship(parcel: Omit<Shipment, 'shippedAt'>, now: Date): void {
    this.mustBeShippable();
    const { id: orderId, customerId } = this.state;
    const shipment = { ...parcel, shippedAt: now };
    this.change({ shipment }, new OrderShipped({ orderId, customerId, ...shipment }));
  }

  private recordPlacing(): void {
    const { id: orderId, customerId, total, shippingInfo, paymentDueAt, placedAt } = this.state;
    const lines = this.state.lines.map(({ lineId, sku, quantity, unitPrice, lineTotal }) => {
      return { lineId, sku, quantity, unitPrice, lineTotal };
    });
    this.change({}, new OrderPlaced({ orderId, customerId, lines, total, shippingInfo, paymentDueAt, placedAt }));
  }

  /** A total of 0 is covered by no capture at all. */
  private payWhenCovered(captures: readonly Capture[], now: Date): void {
    const { id: orderId, customerId, total, paidAt } = this.state;
    const captured = sum(
      captures.map((capture) => capture.amount),
      total.currency,
    );
    if (paidAt || captured.amount < total.amount) return this.change({ captures });
    this.change({ captures, paidAt: now }, new OrderPaid({ orderId, customerId, total, paidAt: now }));
  }
}
