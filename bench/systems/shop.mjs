import { randomUUID } from 'node:crypto';
import { Agent, request } from 'node:http';

/** A client of the shop's API on connections that are kept; several requests at once use as many connections. */
export class Shop {
  #agent = new Agent({ keepAlive: true });

  /** @param {string} url */
  constructor(url) {
    this.url = url;
  }

  /** Offers products that never run out. */
  async offer(skus) {
    for (const sku of skus) {
      await this.#send('PUT', `/v1/products/${sku}`, { name: sku, unitPrice: { amount: 4_990, currency: 'EUR' } });
      await this.#send('POST', '/v1/batches', { ref: `${sku}-1`, sku, quantity: 1_000_000 });
    }
  }

  async order(customerId, sku) {
    await this.#send('POST', '/v1/orders', {
      customerId,
      currency: 'EUR',
      lines: [{ sku, quantity: 1 }],
      shippingInfo: {
        receiver: { name: 'Ada Lovelace', phone: '+44 20 7946 0000' },
        address: { line1: '12 St James Square', city: 'London', postalCode: 'SW1Y 4JH', country: 'GB' },
      },
    });
  }

  close() {
    this.#agent.destroy();
  }

  #send(method, path, body) {
    const headers = { 'content-type': 'application/json', 'idempotency-key': randomUUID() };
    return new Promise((resolve, reject) => {
      const sent = request(new URL(path, this.url), { method, headers, agent: this.#agent }, async (response) => {
        const text = (await response.setEncoding('utf8').toArray()).join('');
        if (response.statusCode < 300) resolve();
        else reject(new Error(`${method} ${path}: ${response.statusCode} ${text}`));
      });
      sent.on('error', reject).end(JSON.stringify(body));
    });
  }
}
