/** What is sold: some skus run out all the time, some never do. */
export const SCARCE = ['SCARCE-1', 'SCARCE-2', 'SCARCE-3'];
export const PLENTIFUL = ['PLENTY-1', 'PLENTY-2', 'PLENTY-3', 'PLENTY-4', 'PLENTY-5'];

const eur = (amount) => ({ amount, currency: 'EUR' });
const shippingInfo = {
  receiver: { name: 'Ada Example', phone: '+49 30 1234' },
  address: { line1: 'Example street 1', city: 'Berlin', postalCode: '10115', country: 'DE' },
};

/** The requests that load generators make, each with what is recorded of it. */
export class Shop {
  #api;
  #gateway;

  /** @param {import('./api.mjs').Api} api @param {string} gateway */
  constructor(api, gateway) {
    this.#api = api;
    this.#gateway = gateway;
  }

  define(sku, price, backorderPolicy) {
    const body = { name: sku, unitPrice: eur(price), backorderPolicy };
    return this.#api.request('define', { sku }, { method: 'PUT', path: `/v1/products/${sku}`, body, as: 'operator' });
  }

  deliverBatch(ref, sku, { quantity, eta }) {
    const body = { ref, sku, quantity, ...(eta && { eta }) };
    return this.#api.request('batch', body, { method: 'POST', path: '/v1/batches', body, as: 'integration' });
  }

  resize(ref, quantity) {
    const call = { method: 'PUT', path: `/v1/batches/${ref}/quantity`, body: { quantity }, as: 'integration' };
    return this.#api.request('resize', { ref, quantity }, call);
  }

  receive(ref) {
    return this.#api.request(
      'receive',
      { ref },
      { method: 'POST', path: `/v1/batches/${ref}/receipt`, as: 'integration' },
    );
  }

  register(customerId) {
    const body = { id: customerId, email: `${customerId}@example.com`, firstName: customerId };
    return this.#api.request(
      'register',
      { customerId },
      { method: 'POST', path: '/v1/customers', body, as: 'operator' },
    );
  }

  /** With `wait` it is answered once the stock has decided. */
  async place(customerId, lines, { wait = 0 } = {}) {
    const { ok, body } = await this.#api.request(
      'place',
      { customerId, lines },
      {
        method: 'POST',
        path: '/v1/orders',
        body: { customerId, currency: 'EUR', lines, shippingInfo },
        as: 'integration',
        idempotent: true,
        prefer: wait > 0 ? `wait=${wait}` : undefined,
        told: ({ id, total }) => ({ orderId: id, total: total.amount }),
      },
    );
    return ok ? body : undefined;
  }

  order(orderId) {
    return this.#api.read(`/v1/orders/${orderId}`).then(({ ok, body }) => (ok ? body : undefined));
  }

  cancel(orderId, lines) {
    return this.#api.request(
      'cancel',
      { orderId, ...(lines && { lines }) },
      {
        method: 'POST',
        path: `/v1/orders/${orderId}/cancellations`,
        body: { reason: 'customer', ...(lines && { lines }) },
        as: 'operator',
        idempotent: true,
        told: ({ id }) => ({ cancellationId: id }),
      },
    );
  }

  /** Opens a payment, and pays it as a customer's card does. @returns its id, where it was paid */
  async pay(orderId) {
    const opened = await this.#api.request(
      'pay',
      { orderId },
      {
        method: 'POST',
        path: `/v1/orders/${orderId}/payments`,
        body: { gateway: 'sandbox' },
        as: 'integration',
        idempotent: true,
        told: ({ paymentId }) => ({ paymentId }),
      },
    );
    const payment = opened.ok ? opened.body.payment : undefined;
    if (!payment?.gatewayPaymentId) return undefined;
    const { gatewayPaymentId: intentId, amount } = payment;
    const captured = await this.#api.request(
      'capture',
      { orderId, intentId, amount: amount.amount },
      {
        method: 'POST',
        path: `/sandbox/intents/${intentId}/pay`,
        at: this.#gateway,
      },
    );
    return captured.ok ? { paymentId: opened.body.paymentId, amount: amount.amount } : undefined;
  }

  ship(orderId) {
    const body = { carrier: 'DHL', trackingNumber: orderId.slice(0, 13) };
    const path = `/v1/orders/${orderId}/shipments`;
    return this.#api.request('ship', { orderId }, { method: 'POST', path, body, as: 'integration' });
  }

  confirmDelivery(orderId) {
    const call = { method: 'POST', path: `/v1/orders/${orderId}/delivery`, as: 'integration' };
    return this.#api.request('deliver', { orderId }, call);
  }

  refund(paymentId, amount) {
    return this.#api.request(
      'refund',
      { paymentId, amount },
      {
        method: 'POST',
        path: `/v1/payments/${paymentId}/refunds`,
        body: { amount: eur(amount) },
        as: 'operator',
        idempotent: true,
        told: ({ id }) => ({ refundId: id }),
      },
    );
  }
}
