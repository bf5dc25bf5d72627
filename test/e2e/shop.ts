import { randomUUID } from 'node:crypto';
import { eventually } from '../support/eventually.js';
import type { Answer, HttpClient } from '../support/http.js';
import { controlsOf } from '../support/sandbox-controls.js';
import type { Service } from '../support/service.js';

const shippingInfo = {
  receiver: { name: 'Ada Example', phone: '+49 30 1234' },
  address: { line1: 'Example street 1', city: 'Berlin', postalCode: '10115', country: 'DE' },
};

/** Defines a product and puts a batch of it into the warehouse. */
export async function stock(operator: HttpClient, sku: string, quantity: number): Promise<void> {
  const product = { name: sku, unitPrice: { amount: 1250, currency: 'EUR' } };
  expectSuccess(await operator.put(`/v1/products/${sku}`, product));
  expectSuccess(await operator.post('/v1/batches', { ref: `${sku}-1`, sku, quantity }));
}

/** The header that makes a request safe to repeat. */
export const newKey = () => ({ 'idempotency-key': randomUUID() });

/** The body of an order for one piece. */
export const placingOf = (customerId: string, sku: string) => ({
  customerId,
  currency: 'EUR',
  lines: [{ sku, quantity: 1 }],
  shippingInfo,
});

/** Places an order for one piece, and waits until the stock has decided. */
export async function placeOrder(caller: HttpClient, customerId: string, sku: string, key = newKey()): Promise<string> {
  const answer = await caller.post('/v1/orders', placingOf(customerId, sku), { ...key, prefer: 'wait=5' });
  return expectSuccess(answer).id as string;
}

/** Opens a payment at the sandbox, and gives the gateway's id of it. */
export async function openPayment(caller: HttpClient, orderId: string, key = newKey()): Promise<string> {
  const answer = await caller.post(`/v1/orders/${orderId}/payments`, { gateway: 'sandbox' }, key);
  return (expectSuccess(answer).payment as { gatewayPaymentId: string }).gatewayPaymentId;
}

/** Cancels an order for its customer; what the service answers is the test's concern. */
export function cancelOrder(caller: HttpClient, orderId: string, key = newKey()): Promise<Answer> {
  return caller.post(`/v1/orders/${orderId}/cancellations`, { reason: 'customer' }, key);
}

/** Waits until an order has come to a status. */
export async function untilOrderIs(status: string, caller: HttpClient, orderId: string): Promise<void> {
  await eventually(async () => (await caller.get(`/v1/orders/${orderId}`)).body.status === status);
}

/** Waits until all refunds of an order, at least one, have succeeded. */
export async function untilRefunded(operator: HttpClient, orderId: string, within?: number): Promise<void> {
  const probe = async () => {
    const { data } = (await operator.get(`/v1/refunds?orderId=${orderId}`)).body;
    return data.length > 0 && data.every((refund: { status: string }) => refund.status === 'succeeded');
  };
  await eventually(probe, { within });
}

/** The sandbox gateway that the service runs itself. */
export function sandboxOf(service: Service) {
  return controlsOf(/(http:\/\/\S+)\/sandbox/.exec(service.output())![1]!);
}

function expectSuccess({ status, body }: Answer): Record<string, unknown> {
  if (status >= 300) throw new Error(`${status} ${JSON.stringify(body)}`);
  return body as Record<string, unknown>;
}
