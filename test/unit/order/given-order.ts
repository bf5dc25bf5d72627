import { Order, type NewOrder } from '../../../src/order/domain/order.js';
import type { Money } from '../../../src/kernel/money.js';

export const NOW = new Date('2026-03-01T12:00:00.000Z');
export const LATER = new Date('2026-03-01T12:05:00.000Z');
export const minutes = (n: number): Date => new Date(NOW.getTime() + n * 60_000);

export const eur = (amount: number): Money => ({ amount, currency: 'EUR' });

export const PRICES = new Map([
  ['CHAIR', eur(4_999)],
  ['TABLE', eur(12_000)],
  ['FLYER', eur(0)],
  ['LAMP', { amount: 900, currency: 'USD' }],
]);

export const ORDER = '0195a000-0000-7000-8000-000000000001';
export const CHAIR = '0195a000-0000-7000-8000-00000000000a';
export const TABLE = '0195a000-0000-7000-8000-00000000000b';
export const CANCELLATION = '0195a000-0000-7000-8000-00000000000c';

/** Two chairs and a table: 219.98 EUR. */
export const request: NewOrder = {
  id: ORDER,
  customerId: 'anna',
  currency: 'EUR',
  lines: [
    { lineId: CHAIR, sku: 'CHAIR', quantity: 2 },
    { lineId: TABLE, sku: 'TABLE', quantity: 1 },
  ],
  shippingInfo: {
    receiver: { name: 'Anna Berg', phone: '+49 30 1234' },
    address: { line1: 'Am Markt 1', city: 'Berlin', postalCode: '10115', country: 'DE' },
  },
};
export const TOTAL = eur(21_998);

export const placing = (change: Partial<NewOrder> = {}): Order => Order.place({ ...request, ...change }, PRICES, NOW);

type Step = (order: Order) => void;

export const allocated: Step = (order) => {
  order.recordLineStatus(CHAIR, 'allocated');
  order.recordLineStatus(TABLE, 'allocated');
};
export const paid: Step = (order) => order.recordCapture({ paymentId: 'pay-1', amount: TOTAL }, NOW);
export const shipped: Step = (order) => order.ship({ carrier: 'DHL', trackingNumber: 'JD01' }, order.openLines, NOW);
export const canceled: Step = (order) =>
  order.cancel({ id: CANCELLATION, reason: 'customer', note: null, canceledBy: 'customer:anna' }, NOW);

/** A placed order after these steps; `when` answers the events of one more. */
export function given(...steps: readonly Step[]) {
  const order = placing();
  for (const step of steps) step(order);
  order.uncommit();
  return {
    order,
    when(step: Step): object[] {
      step(order);
      return order.getUncommittedEvents();
    },
  };
}
