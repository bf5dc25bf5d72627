import type { DomainError } from '../../kernel/domain-error.js';
import type { OrderStatus } from '../contract/order-status.js';
import { isOpen } from './open-lines.js';
import {
  OrderAlreadyCanceled,
  OrderAlreadyShipped,
  OrderNotPaid,
  OrderNotShipped,
  PaymentDueOutOfRange,
  StockNotReady,
} from './order.errors.js';
import type { OrderState } from './order.state.js';

/** Derived, never set: the facts decide. */
export function statusOf(order: OrderState): OrderStatus {
  if (isCanceled(order)) return 'canceled';
  if (order.deliveredAt) return 'delivered';
  if (order.shipment) return 'shipped';
  if (!isHoused(order)) return 'placed';
  return order.paidAt ? 'preparing' : 'awaiting_payment';
}

/** Down to the last unit. */
export const isCanceled = (order: Pick<OrderState, 'lines'>): boolean => !order.lines.some(isOpen);

/** Every open line has its place, in stock or in the queue for it. */
const isHoused = (order: OrderState): boolean =>
  order.lines.filter(isOpen).every((line) => line.status === 'allocated' || line.status === 'backordered');

/** Says why the order can't, if it can't. */
type Rule = (order: OrderState) => DomainError | undefined;

const notCanceled: Rule = (order) => (isCanceled(order) ? new OrderAlreadyCanceled() : undefined);
const notShipped: Rule = (order) => (order.shipment ? new OrderAlreadyShipped() : undefined);
const paid: Rule = (order) => (order.paidAt ? undefined : new OrderNotPaid());
const allocated: Rule = (order) =>
  order.lines.filter(isOpen).every((line) => line.status === 'allocated') ? undefined : new StockNotReady();
const shipped: Rule = (order) => (order.shipment ? undefined : new OrderNotShipped());

/** The first rule that says no is the error. */
export const cancelable: readonly Rule[] = [notCanceled, notShipped];
export const deliverable: readonly Rule[] = [notCanceled, shipped];
export const shippable: readonly Rule[] = [notCanceled, notShipped, paid, allocated];

export function enforce(order: OrderState, rules: readonly Rule[]): void {
  for (const rule of rules) {
    const error = rule(order);
    if (error) throw error;
  }
}

const MINUTE = 60_000;
/** Long enough to type a card number, short enough that unpaid orders don't sit on the stock. */
const DEFAULT_PAYMENT_TERM = 30 * MINUTE;
/** A bank transfer over a weekend. */
const LONGEST_PAYMENT_TERM = 3 * 24 * 60 * MINUTE;

export function paymentDue(asked: Date | undefined, now: Date): Date {
  if (!asked) return new Date(now.getTime() + DEFAULT_PAYMENT_TERM);
  const latest = new Date(now.getTime() + LONGEST_PAYMENT_TERM);
  if (asked <= now || asked > latest) throw new PaymentDueOutOfRange(now, latest);
  return asked;
}
