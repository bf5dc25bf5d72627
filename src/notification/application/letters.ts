import { LineBackordered, LineEtaChanged, OutOfStock } from '../../allocation/index.js';
import { CustomerBecameVip } from '../../customer/index.js';
import { format } from '../../kernel/money.js';
import type { MessageClass } from '../../messaging/index.js';
import { OrderCanceled, OrderLinesCanceled, OrderPaid, OrderPlaced, OrderShipped } from '../../order/index.js';
import {
  PaymentDisputed,
  PaymentUnmatched,
  RefundAttentionRaised,
  RefundResolved,
  RefundSucceeded,
} from '../../refund/index.js';
import type { CustomerMails, CustomerTemplate, StaffMails, StaffTemplate, TemplateName } from '../domain/templates.js';

/** A mail to be written. Where the event names no customer, it is the order's. */
export interface Letter {
  readonly to: 'customer' | 'staff';
  readonly template: TemplateName;
  readonly dedupeKey: string;
  readonly orderId?: string;
  readonly customerId?: string;
  readonly data: object;
}

type About = Pick<Letter, 'orderId' | 'customerId'>;
type Mail<T> = About & { readonly dedupeKey: string; readonly data: T };

const toCustomer = <T extends CustomerTemplate>(template: T, mail: Mail<CustomerMails[T]>): Letter => ({
  to: 'customer',
  template,
  ...mail,
});
const toStaff = <T extends StaffTemplate>(template: T, mail: Mail<StaffMails[T]>): Letter => ({
  to: 'staff',
  template,
  ...mail,
});

interface Entry<E extends object = object> {
  readonly event: MessageClass<E>;
  /** `eventId` makes the key of a mail that every such event has for itself. */
  readonly write: (event: E, eventId: string) => Letter[];
}

function on<E extends object>(event: MessageClass<E>, write: Entry<E>['write']): Entry {
  return { event, write } as unknown as Entry;
}

const entries: readonly Entry[] = [
  on(OrderPlaced, ({ orderId, customerId, lines, total, paymentDueAt }) => {
    const data = {
      orderId,
      lines: lines.map(({ sku, quantity, lineTotal }) => ({ sku, quantity, lineTotal: format(lineTotal) })),
      total: format(total),
      paymentDueAt: total.amount > 0 ? minute(paymentDueAt) : null,
    };
    return [toCustomer('order-received', { orderId, customerId, dedupeKey: `order-received:${orderId}`, data })];
  }),
  on(OrderPaid, ({ orderId, customerId, total, paidAt }) => {
    const data = { orderId, total: format(total), paidAt: minute(paidAt) };
    return [toCustomer('payment-receipt', { orderId, customerId, dedupeKey: `payment-receipt:${orderId}`, data })];
  }),
  on(OrderCanceled, (e) => [canceled(e, false)]),
  on(OrderLinesCanceled, (e) => [canceled(e, true)]),
  on(OrderShipped, ({ orderId, customerId, carrier, trackingNumber }) => {
    const data = { orderId, carrier, trackingNumber };
    return [toCustomer('order-shipped', { orderId, customerId, dedupeKey: `order-shipped:${orderId}`, data })];
  }),

  on(LineEtaChanged, ({ orderId, sku, eta = null, changedAt }) => {
    // Two lines of an order with one sku are moved by the same change of a batch: one mail tells of both.
    const dedupeKey = `delivery-date-changed:${orderId}:${sku}:${eta ?? 'here'}:${changedAt.toISOString()}`;
    return [toCustomer('delivery-date-changed', { orderId, dedupeKey, data: { orderId, sku, eta } })];
  }),
  on(LineBackordered, ({ orderId, sku, quantity, cause }, eventId) => {
    const data = { orderId, sku, quantity };
    const mails = [toCustomer('backordered', { orderId, dedupeKey: `backordered:${eventId}`, data })];
    return cause === 'stock_cut'
      ? [...mails, toStaff('stock-cut', { orderId, dedupeKey: `stock-cut:${eventId}`, data })]
      : mails;
  }),
  on(OutOfStock, ({ orderId, sku, requested, available, detectedAt }) => {
    const dedupeKey = `out-of-stock:${sku}:${day(detectedAt)}`;
    return [toStaff('out-of-stock', { orderId, dedupeKey, data: { orderId, sku, requested, available } })];
  }),

  on(RefundSucceeded, ({ refundId, orderId, amount }) => [
    refundCompleted(orderId, `refund-succeeded:${refundId}`, format(amount)),
  ]),
  on(RefundResolved, ({ refundId, orderId, amount }) => [
    refundCompleted(orderId, `refund-resolved:${refundId}`, format(amount)),
  ]),
  on(RefundAttentionRaised, ({ refundId, orderId, amount, attention }, eventId) => {
    const dedupeKey = `refund-delayed:${refundId}`;
    const facts = { id: refundId, orderId, amount: format(amount), reason: inWords(attention) };
    return [
      toCustomer('refund-delayed', { orderId, dedupeKey, data: { orderId, amount: format(amount) } }),
      attentionNeeded(eventId, { about: 'refund', ...facts }),
    ];
  }),
  on(PaymentUnmatched, ({ paymentId, amount, gateway }, eventId) => {
    const facts = { id: paymentId, orderId: null, amount: format(amount), reason: `it came in by ${gateway}` };
    return [attentionNeeded(eventId, { about: 'unmatched payment', ...facts })];
  }),
  on(PaymentDisputed, ({ paymentId, orderId, amount, reason }, eventId) => {
    const facts = { id: paymentId, orderId, amount: format(amount), reason: inWords(reason) };
    return [attentionNeeded(eventId, { about: 'dispute', ...facts })];
  }),

  on(CustomerBecameVip, ({ customerId }) => [
    toCustomer('vip-congratulation', { customerId, dedupeKey: `vip:${customerId}`, data: {} }),
  ]),
];

export const mailedEvents = entries.map((each) => each.event);

/** The mails that an event leads to. */
export function lettersOn(event: object, eventId: string): Letter[] {
  return entries.find((each) => each.event === event.constructor)!.write(event, eventId);
}

function canceled(event: OrderCanceled | OrderLinesCanceled, isPartial: boolean): Letter {
  const { orderId, customerId, cancellationId, reason } = event;
  const lines = event.lines.map(({ sku, quantity }) => ({ sku, quantity }));
  const dedupeKey = `order-canceled:${cancellationId}`;
  return toCustomer('order-canceled', { orderId, customerId, dedupeKey, data: { orderId, reason, lines, isPartial } });
}

function refundCompleted(orderId: string, dedupeKey: string, amount: string): Letter {
  return toCustomer('refund-completed', { orderId, dedupeKey, data: { orderId, amount } });
}

/** Each time that it is raised: what a person has dealt with may come back. */
function attentionNeeded(eventId: string, data: StaffMails['refund-attention']): Letter {
  const orderId = data.orderId ?? undefined;
  return toStaff('refund-attention', { orderId, dedupeKey: `refund-attention:${eventId}`, data });
}

const day = (instant: Date): string => instant.toISOString().slice(0, 10);
const minute = (instant: Date): string => `${instant.toISOString().slice(0, 16).replace('T', ' ')} UTC`;
const inWords = (code: string): string => code.replaceAll('_', ' ');
