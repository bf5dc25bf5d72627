import { setTimeout as pause } from 'node:timers/promises';
import { PLENTIFUL, SCARCE } from './shop.mjs';

const PAID_WITHIN_MS = 20_000;
const NEXT_WEEK = () => new Date(Date.now() + 7 * 86_400_000).toISOString().slice(0, 10);

/** What people do in the shop, one of these at a time; how often is its weight. */
export const JOURNEYS = [
  { weight: 6, play: buyAndCancel },
  { weight: 3, play: buyAndCancelParts },
  { weight: 3, play: cancelTogether },
  { weight: 3, play: buyAndReceive },
  { weight: 2, play: buyAndComplain },
  { weight: 3, play: raceForScarce },
  { weight: 2, play: becomeVip },
  { weight: 2, play: restock },
];

/**
 * @typedef {{ shop: import('./shop.mjs').Shop, random: import('../random.mjs').Random, name: (what: string) => string,
 *   customer: () => Promise<string> }} Scene `name` makes a new one; `customer` is one of several, registered first
 */

/** @param {Scene} scene */
async function buyAndCancel({ shop, random, customer }) {
  const order = await shop.place(await customer(), lines(random), { wait: random.between(0, 2) });
  if (!order) return;
  const paid = random.chance(0.75) && (await shop.pay(order.id));
  // Sometimes before the webhook has come.
  if (paid && random.chance(0.6)) await untilPaid(shop, order.id);
  await shop.cancel(order.id);
}

/** @param {Scene} scene */
async function buyAndCancelParts({ shop, random, customer }) {
  const order = await shop.place(await customer(), lines(random, { least: 2 }), { wait: 2 });
  if (!order || !(await shop.pay(order.id))) return;
  if (random.chance(0.7)) await untilPaid(shop, order.id);
  const { lineId, quantity } = random.pick(order.lines);
  await shop.cancel(order.id, [{ lineId, quantity: random.between(1, quantity) }]);
  if (random.chance(0.3)) await shop.cancel(order.id);
}

/** Several people cancel parts of one order at the same moment. @param {Scene} scene */
async function cancelTogether({ shop, random, customer }) {
  const order = await shop.place(await customer(), lines(random, { least: 2, quantity: 4 }), { wait: 1 });
  if (!order) return;
  if (random.chance(0.6) && (await shop.pay(order.id))) await untilPaid(shop, order.id);
  const parts = order.lines.flatMap(({ lineId }) => [lineId, lineId]);
  await Promise.all(random.shuffled(parts).map((lineId) => shop.cancel(order.id, [{ lineId, quantity: 1 }])));
}

/** @param {Scene} scene */
async function buyAndReceive({ shop, random, customer }) {
  const order = await shop.place(await customer(), lines(random, { of: PLENTIFUL }), { wait: 2 });
  if (!order || !(await shop.pay(order.id))) return;
  if (!(await untilPaid(shop, order.id))) return;
  // A race of the warehouse against the customer.
  const change = random.chance(0.2) ? shop.cancel(order.id) : undefined;
  const { ok } = await shop.ship(order.id);
  await change;
  if (ok && random.chance(0.5)) await shop.confirmDelivery(order.id);
}

/** An operator gives a part back. @param {Scene} scene */
async function buyAndComplain({ shop, random, customer }) {
  const order = await shop.place(await customer(), lines(random, { of: PLENTIFUL }), { wait: 2 });
  const paid = order && (await shop.pay(order.id));
  if (!paid || !(await untilPaid(shop, order.id))) return;
  await shop.refund(paid.paymentId, random.between(1, Math.ceil(paid.amount / 2)));
  if (random.chance(0.4)) await shop.cancel(order.id);
}

/** @param {Scene} scene */
async function raceForScarce({ shop, random, customer }) {
  const sku = random.pick(SCARCE);
  const customers = [await customer(), await customer(), await customer()];
  const orders = await Promise.all(
    customers.map((id) => shop.place(id, [{ sku, quantity: random.between(1, 3) }], { wait: 2 })),
  );
  const placed = orders.filter(Boolean);
  await Promise.all(placed.map(({ id }) => (random.chance(0.5) ? shop.pay(id) : undefined)));
  await Promise.all(placed.map(({ id }) => (random.chance(0.6) ? shop.cancel(id) : undefined)));
}

/** Three orders of one customer, paid at once. @param {Scene} scene */
async function becomeVip({ shop, name, random }) {
  const customer = name('vip');
  if (!(await shop.register(customer)).ok) return;
  const placing = Array.from({ length: 3 }, () => shop.place(customer, lines(random, { of: PLENTIFUL }), { wait: 2 }));
  const orders = (await Promise.all(placing)).filter(Boolean);
  await Promise.all(orders.map(({ id }) => shop.pay(id)));
  if (random.chance(0.3) && orders.length > 0) await shop.cancel(random.pick(orders).id);
}

/** A batch arrives, is counted again, and is too small or large. @param {Scene} scene */
async function restock({ shop, name, random }) {
  const sku = random.pick(SCARCE);
  const ref = name('batch');
  const quantity = random.between(5, 20);
  const eta = random.chance(0.3) ? NEXT_WEEK() : undefined;
  if (!(await shop.deliverBatch(ref, sku, { quantity, eta })).ok) return;
  await pause(random.between(100, 2_000));
  if (eta && random.chance(0.7)) await shop.receive(ref);
  if (random.chance(0.6)) await shop.resize(ref, random.between(0, quantity - 1));
  if (random.chance(0.3)) await shop.resize(ref, quantity + random.between(1, 5));
}

async function untilPaid(shop, orderId) {
  for (const end = Date.now() + PAID_WITHIN_MS; Date.now() < end;) {
    const order = await shop.order(orderId);
    if (order?.paidAt) return true;
    if (order?.status === 'canceled') return false;
    await pause(200);
  }
  return false;
}

function lines(random, { least = 1, of = [...PLENTIFUL, ...PLENTIFUL, ...SCARCE], quantity } = {}) {
  const skus = [...new Set(random.shuffled(of))].slice(0, random.between(least, 3));
  return skus.map((sku) => ({ sku, quantity: quantity ?? random.between(1, 3) }));
}
