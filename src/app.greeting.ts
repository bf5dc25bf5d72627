const ORDER = {
  customerId: 'ada',
  currency: 'EUR',
  lines: [{ sku: 'LAMP', quantity: 2 }],
  shippingInfo: {
    receiver: { name: 'Ada Lovelace', phone: '+44 20 7946 0000' },
    address: { line1: '12 St James Square', city: 'London', postalCode: 'SW1Y 4JH', country: 'GB' },
  },
};

/** What a newcomer sees once the shop is open: lines to paste into a second terminal. */
export function greeting(url: string, database: { description: string }, sandbox?: string): string {
  return `
Aftercommit is open at ${url}   (${database.description})
Every caller on this machine is the operator, or the customer named in X-Customer-Id. Try next:

  curl -s ${url}/v1/products
  curl -s ${url}/v1/orders -H 'Content-Type: application/json' -H 'Idempotency-Key: my-first-order' -H 'Prefer: wait=2' \\
    -d '${JSON.stringify(ORDER)}'
  curl -s '${url}/v1/events?offset=0'

All operations: ${url}/docs${sandbox ? `   The gateway, to pay at: ${sandbox}/sandbox` : ''}
Ctrl-C stops the shop, its database included.

`;
}
