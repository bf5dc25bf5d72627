import { none } from '../row.mjs';

/**
 * What events tell of, by a key that a table's row leads to as well. What is lasting is never withdrawn, so that its row
 * must be there still.
 */
const FACTS = {
  'order.placed': { key: ({ orderId }) => `order.placed ${orderId}`, lasting: true },
  'order.paid': { key: ({ orderId }) => `order.paid ${orderId}`, lasting: true },
  'order.canceled': { key: ({ cancellationId }) => `cancellation ${cancellationId}`, lasting: true },
  'order.lines-canceled': { key: ({ cancellationId }) => `cancellation ${cancellationId}`, lasting: true },
  'order.shipped': { key: ({ orderId }) => `order.shipped ${orderId}`, lasting: true },
  'order.delivered': { key: ({ orderId }) => `order.delivered ${orderId}`, lasting: true },
  'payment.captured': { key: ({ paymentId }) => `payment.captured ${paymentId}`, lasting: true },
  'payment.unmatched': { key: ({ paymentId }) => `payment.captured ${paymentId}`, lasting: true },
  'payment.failed': { key: ({ paymentId }) => `payment.failed ${paymentId}` },
  'payment.canceled': { key: ({ paymentId }) => `payment.canceled ${paymentId}` },
  'refund.requested': { key: ({ refundId }) => `refund ${refundId}`, lasting: true },
  'refund.discovered': { key: ({ refundId }) => `refund ${refundId}`, lasting: true },
  'refund.pending': { key: ({ refundId }) => `refund.pending ${refundId}` },
  'refund.succeeded': { key: ({ refundId }) => `refund.succeeded ${refundId}` },
  'refund.failed': { key: ({ refundId }) => `refund.failed ${refundId}` },
  'refund.resolved': { key: ({ refundId }) => `refund.resolved ${refundId}` },
  'refund.canceled': { key: ({ refundId }) => `refund.canceled ${refundId}` },
  'customer.registered': { key: ({ customerId }) => `customer.registered ${customerId}` },
  'customer.became-vip': { key: ({ customerId }) => `customer.became-vip ${customerId}`, lasting: true },
  'customer.purchase-recorded': { key: ({ orderId }) => `customer.purchase-recorded ${orderId}`, lasting: true },
  'customer.purchase-revoked': { key: ({ orderId }) => `customer.purchase-revoked ${orderId}`, lasting: true },
  'product.defined': { key: ({ sku }) => `product.defined ${sku}`, lasting: true },
  'product.batch-created': { key: ({ ref }) => `product.batch-created ${ref}`, lasting: true },
  'product.batch-received': { key: ({ ref }) => `product.batch-received ${ref}` },
  'product.batch-quantity-changed': { key: ({ ref, quantity }) => `batch ${ref} of ${quantity}` },
  'product.stock-allocated': { key: ({ lineId }) => `line allocated ${lineId}` },
  'product.line-backordered': { key: ({ lineId }) => `line backordered ${lineId}` },
  'product.out-of-stock': { key: ({ lineId }) => `line out_of_stock ${lineId}` },
  'product.stock-deallocated': { key: ({ lineId }) => `line released ${lineId}` },
};

const LINE_STATES = { shipped: 'allocated' };

/** The facts that the log tells, each with its first event. @param {import('../history.mjs').History} history */
export function toldFacts(history) {
  const told = new Map();
  for (const event of history.log) {
    const key = FACTS[event.type]?.key(event.payload);
    if (key !== undefined && !told.has(key)) told.set(key, event);
  }
  return told;
}

/** What is in the tables and must have been told, whatever became of the instance that wrote it. */
function* storedFacts({ orders, payments, refunds, customers, purchases, products, batches, lines }) {
  for (const order of orders) yield* factsOfOrder(order);
  for (const { id, status } of payments) if (status !== 'started') yield `payment.${status} ${id}`;
  for (const { id, status } of refunds) {
    yield `refund ${id}`;
    if (!['requested', 'processing'].includes(status)) yield `refund.${status} ${id}`;
  }
  for (const { id, registered_at: registeredAt, vip_since: vipSince } of customers) {
    if (registeredAt) yield `customer.registered ${id}`;
    if (vipSince) yield `customer.became-vip ${id}`;
  }
  for (const { order_id: orderId, canceled_at: canceledAt } of purchases) {
    yield `customer.purchase-recorded ${orderId}`;
    if (canceledAt) yield `customer.purchase-revoked ${orderId}`;
  }
  for (const { sku, name } of products) if (name !== null) yield `product.defined ${sku}`;
  for (const { ref } of batches) yield `product.batch-created ${ref}`;
  // Without a request only the reduction of the line has been heard of.
  for (const { line_id: id, state, requested } of lines) {
    if (requested !== null) yield `line ${LINE_STATES[state] ?? state} ${id}`;
  }
}

function* factsOfOrder({ id, paid_at: paidAt, cancellations, shipment, delivered_at: deliveredAt }) {
  yield `order.placed ${id}`;
  if (paidAt) yield `order.paid ${id}`;
  for (const cancellation of cancellations) yield `cancellation ${cancellation.id}`;
  if (shipment) yield `order.shipped ${id}`;
  if (deliveredAt) yield `order.delivered ${id}`;
}

/** Changes and their events must be there together, or not at all. */
export function factRows(history) {
  const told = toldFacts(history);
  const stored = new Set(storedFacts(history.tables));
  const lost = [...stored].filter((key) => !told.has(key)).map((key) => `${key} is stored, and no event tells of it`);
  const lasting = [...told].filter(([, { type }]) => FACTS[type].lasting);
  const groundless = lasting
    .filter(([key]) => !stored.has(key))
    .map(([key, { position }]) => `${key} is told of at position ${position}, and not stored`);
  return [
    none('log.lost', 'events lost: changes in the tables without their event', { of: stored.size, violations: lost }),
    none('log.groundless', 'events of changes that are not there', { of: lasting.length, violations: groundless }),
  ];
}
