import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import type { PaymentView } from '../../../src/refund/application/payment.queries.js';
import type { RefundView, RefundWithAttempts } from '../../../src/refund/application/refund.queries.js';
import { createTestDatabase, type TestDatabase } from '../../support/database.js';
import { eventually } from '../../support/eventually.js';
import type { Answer, HttpClient } from '../../support/http.js';
import { type Service, startService } from '../../support/service.js';
import { cancelOrder, newKey, openPayment, placeOrder, placingOf, sandboxOf, stock, untilOrderIs } from '../shop.js';

let database: TestDatabase;
let client: pg.Client;
let service: Service;
let operator: HttpClient;
let sandbox: ReturnType<typeof sandboxOf>;

beforeAll(async () => {
  database = await createTestDatabase();
  client = new pg.Client({ connectionString: database.url });
  await client.connect();
  // Without an offer for VIPs the price stays the same, however often one customer buys.
  const env = { VIP_DISCOUNT_BPS: '0', MESSAGING_RETRY: '200ms,500ms,1s,2s,5s' };
  service = await startService({ databaseUrl: database.url, env });
  operator = service.http;
  sandbox = sandboxOf(service);
  await stock(operator, 'CHAIR', 1_000);
});
afterAll(async () => {
  await service.stop();
  await client.end();
  await database.drop();
});
beforeEach(() => sandbox.clearFaults());

const PRICE = 1_250;
const eur = (amount: number) => ({ amount, currency: 'EUR' });

interface Paid {
  readonly orderId: string;
  readonly intent: string;
  readonly paymentId: string;
}

async function paidOrder(): Promise<Paid> {
  const orderId = await placeOrder(operator, 'anna', 'CHAIR');
  const intent = await openPayment(operator, orderId);
  await sandbox.pay(intent);
  await untilOrderIs('preparing', operator, orderId);
  const [payment] = await paymentsOf(orderId);
  return { orderId, intent, paymentId: payment!.id };
}

async function paymentsOf(orderId: string): Promise<PaymentView[]> {
  return (await operator.get(`/v1/orders/${orderId}/payments`)).body.data;
}

const refund = (paymentId: string, amount: number, body: object = {}, key = newKey()): Promise<Answer> =>
  operator.post(`/v1/payments/${paymentId}/refunds`, { amount: eur(amount), ...body }, key);

/** The order's refunds, once they are as expected; the newest first. */
async function refunds(orderId: string, ...expected: Partial<RefundView>[]): Promise<RefundWithAttempts[]> {
  return eventually(async () => {
    const { data } = (await operator.get(`/v1/refunds?orderId=${orderId}`)).body;
    expect(data).toEqual(expected.map((each) => expect.objectContaining(each)));
    return data as RefundWithAttempts[];
  });
}

async function payment(paymentId: string, expected: object): Promise<void> {
  await eventually(async () => {
    expect((await operator.get(`/v1/payments/${paymentId}`)).body).toMatchObject(expected);
    return true;
  });
}

describe('an operator who refunds a payment', () => {
  it('gives a part of it back, and is named with the reason', async () => {
    const { orderId, paymentId, intent } = await paidOrder();
    const answer = await refund(paymentId, 200, { note: 'A scratch.' });
    expect(answer).toMatchObject({ status: 201, body: { reason: 'operator', amount: eur(200) } });
    expect(answer.headers.get('location')).toBe(`/v1/refunds/${answer.body.id}`);
    const [done] = await refunds(orderId, { status: 'succeeded', amount: eur(200) });
    expect(done!.actions).toEqual([
      { action: 'request', by: 'operator:local', note: 'A scratch.', at: expect.any(String) },
    ]);
    const { attempts } = (await operator.get(`/v1/refunds/${done!.id}`)).body as RefundWithAttempts;
    expect(attempts).toEqual([
      {
        id: expect.any(String),
        call: 'refund',
        idempotencyKey: `${done!.id}.1`,
        status: 'succeeded',
        code: null,
        startedAt: expect.any(String),
        durationMs: expect.any(Number),
      },
    ]);
    await cancelOrder(operator, orderId);
    await refunds(orderId, { reason: 'canceled', status: 'succeeded', amount: eur(PRICE - 200) }, { amount: eur(200) });
    expect(await keptOf(intent)).toBe(0);
  });

  it('is not asked to be paid again what was given back', async () => {
    const { orderId, paymentId } = await paidOrder();
    await refund(paymentId, 200);
    const again = await operator.post(`/v1/orders/${orderId}/payments`, { gateway: 'sandbox' }, newKey());
    expect(again).toMatchObject({ status: 409, body: { code: 'ORDER_ALREADY_PAID' } });
  });

  it('refunds once for one key, and needs one', async () => {
    const { orderId, paymentId } = await paidOrder();
    const key = newKey();
    const [first, second] = [await refund(paymentId, 10, {}, key), await refund(paymentId, 10, {}, key)];
    expect(second.body.id).toBe(first.body.id);
    expect(second.headers.get('idempotency-replayed')).toBe('true');
    await refunds(orderId, { amount: eur(10) });
    expect(await operator.post(`/v1/payments/${paymentId}/refunds`, { amount: eur(1) })).toMatchObject({ status: 400 });
  });

  it('is refused what is not there: more than is left, another currency, an unknown payment', async () => {
    const { paymentId } = await paidOrder();
    expect(await refund(paymentId, PRICE + 1)).toMatchObject({
      status: 409,
      body: { code: 'REFUND_EXCEEDS_CAPTURED', maximumRefundable: eur(PRICE) },
    });
    const dollars = { amount: { amount: 1, currency: 'USD' } };
    expect(await refund(paymentId, 1, dollars)).toMatchObject({ status: 422, body: { code: 'CURRENCY_MISMATCH' } });
    expect(await refund(paymentId, 0)).toMatchObject({ status: 422 });
    expect(await refund(randomUUID(), 1)).toMatchObject({ status: 404, body: { code: 'PAYMENT_NOT_FOUND' } });
  });

  it('gets 10 of 20 parallel refunds of 10 from a payment of 100, and 409 for the others', async () => {
    const orderId = await placeOrder(operator, 'anna', 'CHAIR');
    const body = { gateway: 'manual', reference: randomUUID(), amount: eur(100) };
    const { paymentId } = (await operator.post(`/v1/orders/${orderId}/payments`, body, newKey())).body;
    const answers = await Promise.all(Array.from({ length: 20 }, () => refund(paymentId, 10)));
    const codes = answers.map(({ status, body: { code } }) => code ?? status);
    expect(codes.filter((code) => code === 201)).toHaveLength(10);
    expect(codes.filter((code) => code === 'REFUND_EXCEEDS_CAPTURED')).toHaveLength(10);
    const refused = answers.find(({ status }) => status === 409)!;
    expect(refused.body.maximumRefundable).toEqual(eur(0));
  });

  it('keeps what was to go back by dropping its refund: the rule does not ask again', async () => {
    const { orderId, paymentId } = await paidOrder();
    await sandbox.fault({ operation: 'refunds.create', fault: 'rejected' });
    await cancelOrder(operator, orderId);
    const [rejected] = await refunds(orderId, { status: 'failed', attention: 'gateway_rejected' });
    expect(await operator.post(`/v1/refunds/${rejected!.id}/cancellation`, {})).toMatchObject({ status: 200 });
    await payment(paymentId, { refundTotal: eur(0) });
    // A second payment makes the rule look again.
    const body = { gateway: 'manual', reference: randomUUID(), amount: eur(70) };
    await operator.post(`/v1/orders/${orderId}/payments`, body, newKey());
    await refunds(orderId, { amount: eur(70) }, { status: 'canceled' });
  });
});

describe('an order of 5 units of which 2 are canceled', () => {
  async function place(): Promise<{ orderId: string; lineId: string; intent: string }> {
    const placing = { ...placingOf('anna', 'CHAIR'), lines: [{ sku: 'CHAIR', quantity: 5 }] };
    const { body: order } = await operator.post('/v1/orders', placing, { ...newKey(), prefer: 'wait=5' });
    return { orderId: order.id, lineId: order.lines[0].lineId, intent: await openPayment(operator, order.id) };
  }

  const cancelTwo = (orderId: string, lineId: string) =>
    operator.post(
      `/v1/orders/${orderId}/cancellations`,
      { reason: 'customer', lines: [{ lineId, quantity: 2 }] },
      newKey(),
    );

  it('gets back what they were worth when it is paid, and the rest once it is canceled as a whole', async () => {
    const { orderId, lineId, intent } = await place();
    await sandbox.pay(intent);
    await untilOrderIs('preparing', operator, orderId);
    const { body: cancellation } = await cancelTwo(orderId, lineId);
    const partly = { reason: 'lines_canceled', status: 'succeeded', amount: eur(2 * PRICE) } as const;
    await refunds(orderId, { ...partly, cancellationId: cancellation.id });
    expect(await keptOf(intent)).toBe(3 * PRICE);
    await cancelOrder(operator, orderId);
    await refunds(orderId, { reason: 'canceled', status: 'succeeded', amount: eur(3 * PRICE) }, partly);
    expect(await keptOf(intent)).toBe(0);
  });

  it('gives back what is paid too much by an intent that was opened before', async () => {
    const { orderId, lineId, intent } = await place();
    await cancelTwo(orderId, lineId);
    await sandbox.pay(intent);
    await refunds(orderId, { status: 'succeeded', amount: eur(2 * PRICE) });
    expect(await keptOf(intent)).toBe(3 * PRICE);
    await untilOrderIs('preparing', operator, orderId);
  });

  it('opens the next intent for what is left', async () => {
    const { orderId, lineId } = await place();
    await cancelTwo(orderId, lineId);
    const next = await operator.post(`/v1/orders/${orderId}/payments`, { gateway: 'sandbox' }, newKey());
    expect(next.body.payment.amount).toEqual(eur(3 * PRICE));
  });

  it('ends at what is owed, 25 of 25 times that it is paid while they are canceled', async () => {
    const races = await Promise.all(Array.from({ length: 25 }, place));
    await Promise.all(
      races.flatMap(({ orderId, lineId, intent }) => [sandbox.pay(intent), cancelTwo(orderId, lineId)]),
    );
    for (const { orderId, intent } of races) {
      await refunds(orderId, { status: 'succeeded', amount: eur(2 * PRICE) });
      expect(await keptOf(intent)).toBe(3 * PRICE);
    }
  }, 60_000);
});

describe('a refund made in the gateway’s dashboard', () => {
  it('is a refund like any other, which nobody asks the gateway for', async () => {
    const { orderId, intent, paymentId } = await paidOrder();
    const name = await sandbox.refundInDashboard(intent, 400);
    const [found] = await refunds(orderId, { reason: 'gateway', status: 'succeeded', gatewayRefundId: name });
    expect((await operator.get(`/v1/refunds/${found!.id}`)).body.attempts).toEqual([]);
    await payment(paymentId, { refundTotal: eur(400), attention: null });
    await cancelOrder(operator, orderId);
    await refunds(orderId, { reason: 'canceled', amount: eur(PRICE - 400) }, { reason: 'gateway' });
    expect(await eventually(async () => (await keptOf(intent)) === 0)).toBe(true);
  });

  it('settles a cancellation whose own refund the gateway refuses for it: nobody has to look', async () => {
    const { orderId, intent } = await paidOrder();
    // Its webhook is lost: only the refusal makes us look.
    await sandbox.fault({ operation: 'webhook', fault: 'dropped' });
    await sandbox.refundInDashboard(intent);
    await cancelOrder(operator, orderId);
    await refunds(orderId, { reason: 'gateway', status: 'succeeded' }, { status: 'canceled', attention: null });
    expect(await keptOf(intent)).toBe(0);
  });

  it('leaves the rest of a cancellation to be refunded, where it was less', async () => {
    const { orderId, intent } = await paidOrder();
    await sandbox.fault({ operation: 'webhook', fault: 'dropped' });
    await sandbox.refundInDashboard(intent, 400);
    await cancelOrder(operator, orderId);
    await refunds(
      orderId,
      { reason: 'canceled', status: 'succeeded', amount: eur(PRICE - 400) },
      { reason: 'gateway', status: 'succeeded', amount: eur(400) },
      { status: 'canceled', amount: eur(PRICE), attention: null },
    );
    expect(await keptOf(intent)).toBe(0);
  });

  it('needs a person where the customer was paid in another way before', async () => {
    const { orderId, intent, paymentId } = await paidOrder();
    await sandbox.fault({ operation: 'refunds.create', fault: 'rejected' });
    await cancelOrder(operator, orderId);
    const [rejected] = await refunds(orderId, { status: 'failed' });
    await operator.post(`/v1/refunds/${rejected!.id}/resolution`, { reference: 'SEPA-7' });
    await sandbox.refundInDashboard(intent);
    await payment(paymentId, { attention: 'over_refunded' });
    const { data } = (await operator.get('/v1/payments?attention=over_refunded')).body;
    expect(data).toMatchObject([{ id: paymentId }]);
    const resolved = await operator.post(`/v1/payments/${paymentId}/resolution`, { note: 'She sends it back.' });
    expect(resolved).toMatchObject({
      status: 200,
      body: { attention: null, actions: [{ note: 'She sends it back.' }] },
    });
    const again = await operator.post(`/v1/payments/${paymentId}/resolution`, {});
    expect(again).toMatchObject({ status: 409, body: { code: 'PAYMENT_NEEDS_NOBODY' } });
  });
});

describe('a disputed payment', () => {
  it('is on the list, is not refunded meanwhile, and is settled when the dispute is won', async () => {
    const { orderId, intent, paymentId } = await paidOrder();
    const dispute = await sandbox.dispute(intent);
    await payment(paymentId, { attention: 'disputed', disputes: [{ disputeId: dispute, amount: eur(PRICE) }] });
    expect((await operator.get('/v1/payments?attention=disputed')).body.data).toMatchObject([{ id: paymentId }]);
    expect(await refund(paymentId, 1)).toMatchObject({ status: 409, body: { maximumRefundable: eur(0) } });
    await cancelOrder(operator, orderId);
    await eventually(async () => (await owedOf(orderId)) === 0);
    await refunds(orderId);
    await sandbox.closeDispute(dispute, 'won');
    await refunds(orderId, { reason: 'canceled', status: 'succeeded', amount: eur(PRICE) });
    expect((await operator.get('/v1/payments?attention=disputed')).body.data).toEqual([]);
  });

  it('has given the money back when the dispute is lost', async () => {
    const { orderId, intent, paymentId } = await paidOrder();
    const dispute = await sandbox.dispute(intent);
    await payment(paymentId, { attention: 'disputed' });
    await sandbox.closeDispute(dispute, 'lost');
    await payment(paymentId, { attention: null, disputes: [{ status: 'lost' }] });
    await cancelOrder(operator, orderId);
    await eventually(async () => (await owedOf(orderId)) === 0);
    await refunds(orderId);
  });
});

describe('a refund that the bank sends back three weeks later', () => {
  it('has failed, is on the list, and is resolved by hand', async () => {
    const { orderId } = await paidOrder();
    await cancelOrder(operator, orderId);
    const [done] = await refunds(orderId, { status: 'succeeded' });
    const early = `update refund.refunds set requested_at = requested_at - interval '3 weeks',
                          asked_at = asked_at - interval '3 weeks', changed_at = changed_at - interval '3 weeks'`;
    await client.query(`${early} where id = $1`, [done!.id]);
    await sandbox.settle(done!.gatewayRefundId!, 'failed');
    await refunds(orderId, { status: 'failed', attention: 'bounced', failureCode: 'lost_or_stolen_card' });
    expect((await operator.get('/v1/refunds?attention=bounced')).body.data).toMatchObject([{ id: done!.id }]);
    const resolution = { reference: 'SEPA-9', note: 'by bank transfer' };
    await operator.post(`/v1/refunds/${done!.id}/resolution`, resolution);
    await refunds(orderId, { status: 'resolved', attention: null });
    expect((await operator.get('/v1/refunds?attention=bounced')).body.data).toEqual([]);
  });
});

describe('an order that is canceled before it is paid', () => {
  it('can not be paid any more: its intent is withdrawn at the gateway', async () => {
    const orderId = await placeOrder(operator, 'anna', 'CHAIR');
    const intent = await openPayment(operator, orderId);
    await cancelOrder(operator, orderId);
    await eventually(async () => (await paymentsOf(orderId))[0]!.status === 'canceled');
    await expect(sandbox.pay(intent)).rejects.toThrow('payment_intent_unexpected_state');
  });

  it('is told so when its payment, that the gateway had not answered to, is asked for again', async () => {
    const orderId = await placeOrder(operator, 'anna', 'CHAIR');
    await sandbox.fault({ operation: 'payment_intents.create', fault: 'unavailable' });
    const key = newKey();
    const ask = () => operator.post(`/v1/orders/${orderId}/payments`, { gateway: 'sandbox' }, key);
    expect(await ask()).toMatchObject({ status: 503 });
    await cancelOrder(operator, orderId);
    await eventually(async () => (await paymentsOf(orderId))[0]!.status === 'canceled');
    expect(await ask()).toMatchObject({ status: 409, body: { code: 'PAYMENT_CANCELED' } });
  });
});

async function keptOf(intent: string): Promise<number> {
  const { intents, refunds: all } = await sandbox.book();
  const back = all.filter((each) => each.payment_intent === intent && each.status !== 'failed');
  return intents.find(({ id }) => id === intent)!.amount - back.reduce((sum, { amount }) => sum + amount, 0);
}

async function owedOf(orderId: string): Promise<number> {
  const { rows } = await client.query('select balance::int from refund.owed where order_id = $1', [orderId]);
  return rows[0].balance;
}
