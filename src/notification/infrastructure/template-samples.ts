import type { TemplateData, TemplateName } from '../domain/templates.js';

const firstName = 'Ada';
const orderId = '0199a1b2-c3d4-7e5f-8a6b-7c8d9e0f1a2b';
const line = { sku: 'LAMP', quantity: 2 };
const canceled = { firstName, orderId, lines: [line] };

/** Each template is rendered with these when the service starts, so that it can't fail at the first mail. */
export const templateSamples: { readonly [T in TemplateName]: readonly TemplateData[T][] } = {
  'order-received': [
    {
      firstName,
      orderId,
      lines: [{ ...line, lineTotal: '99.80 EUR' }],
      total: '99.80 EUR',
      paymentDueAt: '2026-11-25',
    },
    { firstName, orderId, lines: [{ ...line, lineTotal: '0.00 EUR' }], total: '0.00 EUR', paymentDueAt: null },
  ],
  'payment-receipt': [{ firstName, orderId, total: '99.80 EUR', paidAt: '2026-11-25 10:00 UTC' }],
  'order-canceled': [
    { ...canceled, reason: 'customer', isPartial: false },
    { ...canceled, reason: 'out_of_stock', isPartial: true },
  ],
  'order-shipped': [{ firstName, orderId, carrier: 'DHL', trackingNumber: 'JD01' }],
  'delivery-date-changed': [
    { firstName, orderId, sku: 'LAMP', eta: '2026-12-01' },
    { firstName, orderId, sku: 'LAMP', eta: null },
  ],
  backordered: [{ firstName, orderId, ...line }],
  'refund-completed': [{ firstName, orderId, amount: '99.80 EUR' }],
  'refund-delayed': [{ firstName, orderId, amount: '99.80 EUR' }],
  'vip-congratulation': [{ firstName }],
  'out-of-stock': [{ sku: 'LAMP', orderId, requested: 2, available: 1 }],
  'refund-attention': [
    { about: 'refund', id: orderId, orderId, amount: '99.80 EUR', reason: 'gateway rejected' },
    { about: 'unmatched payment', id: orderId, orderId: null, amount: '99.80 EUR', reason: 'unmatched payment' },
  ],
  'stock-cut': [{ orderId, ...line }],
};
