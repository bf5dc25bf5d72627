import { randomBytes } from 'node:crypto';
import { amount } from './teller.mjs';

/** @typedef {import('./shop.mjs').Shop} Shop */

/** Of this run, so that it finds the shop as it needs it, however often it runs. */
const run = randomBytes(3).toString('hex');
const LAMP = `LAMP-${run}`;
const POSTER = `POSTER-${run}`;
const ADA = `ada-${run}`;

const eur = (units) => ({ amount: units, currency: 'EUR' });
const shippingInfo = {
  receiver: { name: 'Ada Lovelace', phone: '+44 20 7946 0000' },
  address: { line1: '12 St James Square', city: 'London', postalCode: 'SW1Y 4JH', country: 'GB' },
};

/** In the order in which they are told; each ends with what came of its order. */
export const scenes = [fillTheShop, cancelAPart, becomeVip, runOut, shrinkABatch];

async function fillTheShop(shop) {
  await shop.teller.scene('The shop', 'Two products, one of them scarce, and a customer.');
  const product = { active: true, backorderPolicy: 'deny' };
  await shop.ask('PUT', `/v1/products/${LAMP}`, { name: 'Desk lamp', unitPrice: eur(49_90), ...product });
  await shop.ask('PUT', `/v1/products/${POSTER}`, { name: 'Poster', unitPrice: eur(12_00), ...product });
  for (const [sku, quantity] of [
    [LAMP, 20],
    [POSTER, 1],
  ]) {
    // prettier-ignore
    await shop.ask('POST', '/v1/batches', { ref: `${sku}-1`, sku, quantity }, { shows: (b) => `${b.quantity} in stock` });
  }
  const customer = { id: ADA, email: `${ADA}@example.com`, firstName: 'Ada' };
  await shop.ask('POST', '/v1/customers', customer, { shows: ({ id }) => id });
}

async function cancelAPart(shop) {
  const text = 'Ada buys three lamps, pays, and changes her mind twice. No request waits for the gateway.';
  await shop.teller.scene('An order, canceled in two steps', text);
  const order = await place(shop, LAMP, 3);
  await pay(shop, order.id);
  const [{ lineId }] = order.lines;
  await cancel(shop, order.id, { reason: 'customer', lines: [{ lineId, quantity: 1 }] });
  await cancel(shop, order.id, { reason: 'customer' });
  await shop.until(`/v1/refunds?orderId=${order.id}`, ({ data }) => succeeded(data) && data.length === 2);
  await tell(shop, order.id);
}

async function becomeVip(shop) {
  const text = 'The third paid order makes her a VIP, once. The next order has the offer.';
  await shop.teller.scene('A good customer', text);
  for (let n = 1; n <= 3; n++) await pay(shop, (await place(shop, LAMP, 1)).id);
  await shop.until(`/v1/customers/${ADA}`, ({ vipSince }) => vipSince);
  // Whoever places orders learns of it from the event, a moment later.
  const offer = await placeWithOffer(shop);
  await pay(shop, offer.id);
  const parcel = { carrier: 'DHL', trackingNumber: 'JD014600003' };
  await shop.ask('POST', `/v1/orders/${offer.id}/shipments`, parcel, { shows: ({ status }) => status });
  await shop.ask('POST', `/v1/orders/${offer.id}/delivery`, undefined, { shows: ({ status }) => status });
  await tell(shop, offer.id);
}

async function runOut(shop) {
  await shop.teller.scene(
    'Out of stock',
    'One poster, two buyers. The second order is canceled by what happened, not by an error.',
  );
  await place(shop, POSTER, 1);
  const second = await place(shop, POSTER, 1);
  await shop.until(`/v1/orders/${second.id}`, ({ status }) => status === 'canceled');
  await tell(shop, second.id);
}

async function shrinkABatch(shop) {
  await shop.teller.scene(
    'A smaller batch',
    'The lamps in the house turn out to be broken: an order moves to the queue, and back when more arrive.',
  );
  const order = await place(shop, LAMP, 2);
  await shop.ask(
    'PUT',
    `/v1/batches/${LAMP}-1/quantity`,
    { quantity: await shippedOf(shop) },
    { shows: (b) => `${b.quantity} left` },
  );
  await shop.until(`/v1/orders/${order.id}`, ({ lines }) => lines[0].status === 'backordered');
  const batch = { ref: `${LAMP}-2`, sku: LAMP, quantity: 10 };
  await shop.ask('POST', '/v1/batches', batch, { shows: ({ quantity }) => `${quantity} more` });
  await shop.until(`/v1/orders/${order.id}`, ({ lines }) => lines[0].status === 'allocated');
  await tell(shop, order.id);
}

/** @param {Shop} shop */
async function place(shop, sku, quantity) {
  const body = { customerId: ADA, currency: 'EUR', lines: [{ sku, quantity }], shippingInfo };
  const shows = ({ status, total }) => `${status}, ${amount(total)}`;
  return shop.ask('POST', '/v1/orders', body, { prefer: 'wait=5', shows });
}

async function placeWithOffer(shop) {
  const order = await place(shop, LAMP, 1);
  return order.total.amount < 49_90 ? order : placeWithOffer(shop);
}

async function pay(shop, orderId) {
  const shows = ({ payment }) => `${payment.status}, ${amount(payment.amount)}`;
  const { payment } = await shop.ask('POST', `/v1/orders/${orderId}/payments`, { gateway: 'sandbox' }, { shows });
  await shop.pay(payment.gatewayPaymentId);
  await shop.until(`/v1/orders/${orderId}`, ({ paidAt }) => paidAt);
}

async function cancel(shop, orderId, body) {
  const shows = ({ lines }) => `canceled: ${lines.map(({ sku, quantity }) => `${quantity} of ${sku}`).join(', ')}`;
  await shop.ask('POST', `/v1/orders/${orderId}/cancellations`, body, { shows });
}

async function shippedOf(shop) {
  return (await shop.get(`/v1/batches/${LAMP}-1`)).shipped;
}

/** Once nothing more is to come of it. */
async function tell(shop, orderId) {
  const order = await shop.get(`/v1/orders/${orderId}`);
  const { data: mails } = await settled(
    () => shop.get(`/v1/notifications?orderId=${orderId}`),
    ({ data }) => data.length,
  );
  const { data: timeline } = await shop.get(`/v1/orders/${orderId}/timeline`);
  const { data: payments } = await shop.get(`/v1/orders/${orderId}/payments`);
  await shop.teller.story({ order, timeline, gateway: await bookOf(shop, payments), mails: mails.toReversed() });
}

async function bookOf(shop, payments) {
  const { intents, refunds } = await shop.book();
  const ids = payments.map(({ gatewayPaymentId }) => gatewayPaymentId);
  const entry = ({ id, amount: units, currency, status }) =>
    `${id}  ${amount({ amount: units, currency: currency.toUpperCase() })} ${status}`;
  return [
    ...intents.filter(({ id }) => ids.includes(id)).map(entry),
    ...refunds.filter(({ payment_intent: id }) => ids.includes(id)).map(entry),
  ];
}

/** Reads until the answer's figure has stayed the same for half a second. */
async function settled(read, figure) {
  for (let last; ;) {
    const answer = await read();
    if (figure(answer) === last) return answer;
    last = figure(answer);
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}

const succeeded = (refunds) => refunds.every(({ status }) => status === 'succeeded');
