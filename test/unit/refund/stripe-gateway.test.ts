import { beforeEach, describe, expect, it } from '@jest/globals';
import { Unrecoverable } from '../../../src/messaging/index.js';
import { PostponedError, UnknownOutcomeError } from '../../../src/refund/domain/payment-gateway.js';
import { disputeReport } from '../../../src/refund/infrastructure/stripe-reports.js';
import type { StripeGateway } from '../../../src/refund/infrastructure/stripe-gateway.js';
import { eur, ORDER, PAYMENT, REFUND, TOTAL } from './given-payment.js';
import { controlsOf } from '../../support/sandbox-controls.js';
import { gatewayAt, startSandbox } from './sandbox-fixture.js';

let url: string;
let gateway: StripeGateway;
let sandbox: ReturnType<typeof controlsOf>;

beforeEach(async () => {
  ({ url } = await startSandbox());
  gateway = gatewayAt(url);
  sandbox = controlsOf(url);
});

const opening = { paymentId: PAYMENT, orderId: ORDER, amount: TOTAL };
const refunding = (gatewayPaymentId: string, amount = TOTAL) => ({
  gateway: 'sandbox',
  refundId: REFUND,
  generation: 1,
  idempotencyKey: `${REFUND}.1`,
  gatewayPaymentId,
  amount,
});

async function paidIntent(): Promise<string> {
  const { gatewayPaymentId } = await gateway.openIntent(opening);
  await sandbox.pay(gatewayPaymentId);
  return gatewayPaymentId;
}

describe('an intent', () => {
  it('is opened with the order and the payment that it is for', async () => {
    const { gatewayPaymentId, clientSecret } = await gateway.openIntent(opening);
    expect(clientSecret).toContain(gatewayPaymentId);
    expect(await gateway.fetchPayment(gatewayPaymentId)).toEqual({
      gatewayPaymentId,
      paymentId: PAYMENT,
      orderId: ORDER,
      status: 'open',
      amount: TOTAL,
    });
  });

  it('is the same one when it is opened again', async () => {
    const first = await gateway.openIntent(opening);
    expect(await gateway.openIntent(opening)).toEqual(first);
    expect(await gateway.openIntent({ ...opening, gatewayPaymentId: first.gatewayPaymentId })).toEqual(first);
    expect((await sandbox.book()).intents).toHaveLength(1);
  });

  it('is captured when the customer pays', async () => {
    const id = await paidIntent();
    expect(await gateway.fetchPayment(id)).toMatchObject({ status: 'captured', amount: TOTAL });
  });

  it('has failed when the card is declined, and can be paid after all', async () => {
    const { gatewayPaymentId: id } = await gateway.openIntent(opening);
    await sandbox.pay(id, { declined: true });
    expect(await gateway.fetchPayment(id)).toMatchObject({ status: 'failed', code: 'generic_decline' });
    await sandbox.pay(id);
    expect(await gateway.fetchPayment(id)).toMatchObject({ status: 'captured' });
  });

  it('can be in a currency whose minor unit is not the one of Stripe', async () => {
    const amount = { amount: 500, currency: 'ISK' };
    const { gatewayPaymentId } = await gateway.openIntent({ ...opening, amount });
    expect((await sandbox.book()).intents).toEqual([expect.objectContaining({ amount: 50_000 })]);
    expect(await gateway.fetchPayment(gatewayPaymentId)).toMatchObject({ amount });
  });

  it('is refused for good where Stripe refuses the request', async () => {
    await expect(gateway.openIntent({ ...opening, amount: eur(0) })).rejects.toMatchObject({
      code: 'PAYMENT_REJECTED',
      extras: { reason: 'parameter_invalid_integer' },
    });
  });
});

describe('a refund', () => {
  it('is made once under its key', async () => {
    const id = await paidIntent();
    const first = await gateway.refund(refunding(id));
    expect(first).toEqual({ status: 'succeeded', gatewayRefundId: expect.stringMatching(/^re_/) });
    expect(await gateway.refund(refunding(id))).toEqual(first);
    expect((await sandbox.book()).effects).toEqual({ captures: 1, refunds: 1 });
  });

  it('says whose it is when it is fetched', async () => {
    const gatewayPaymentId = await paidIntent();
    const { gatewayRefundId } = (await gateway.refund(refunding(gatewayPaymentId))) as { gatewayRefundId: string };
    expect(await gateway.fetchRefund(gatewayRefundId)).toEqual({
      gatewayRefundId,
      gatewayPaymentId,
      amount: TOTAL,
      refundId: REFUND,
      generation: 1,
      outcome: { status: 'succeeded', gatewayRefundId },
    });
  });

  it('may be pending first, succeed then, and bounce in the end', async () => {
    await sandbox.fault({ operation: 'refunds.create', fault: 'pending' });
    const outcome = await gateway.refund(refunding(await paidIntent()));
    const { gatewayRefundId } = outcome as { gatewayRefundId: string };
    expect(outcome).toEqual({ status: 'pending', gatewayRefundId });
    await sandbox.settle(gatewayRefundId, 'succeeded');
    expect((await gateway.fetchRefund(gatewayRefundId)).outcome).toEqual({ status: 'succeeded', gatewayRefundId });
    await sandbox.settle(gatewayRefundId, 'failed');
    expect((await gateway.fetchRefund(gatewayRefundId)).outcome).toEqual({
      status: 'failed',
      code: 'lost_or_stolen_card',
    });
  });

  it('is rejected for good where nothing is left to refund', async () => {
    const id = await paidIntent();
    await gateway.refund(refunding(id));
    const second = { ...refunding(id), idempotencyKey: 'another' };
    expect(await gateway.refund(second)).toEqual({ status: 'failed', code: 'charge_already_refunded' });
  });

  it('can never succeed under a key that was used for another one', async () => {
    const id = await paidIntent();
    await gateway.refund(refunding(id));
    await expect(gateway.refund(refunding(id, eur(1)))).rejects.toThrow(Unrecoverable);
  });
});

describe('a refund in the dashboard', () => {
  it('is nobody’s when it is fetched or listed', async () => {
    const id = await paidIntent();
    await gateway.refund(refunding(id, eur(1)));
    const gatewayRefundId = await sandbox.refundInDashboard(id, 40);
    const foreign = await gateway.fetchRefund(gatewayRefundId);
    expect(foreign).toMatchObject({ gatewayPaymentId: id, amount: eur(40), outcome: { status: 'succeeded' } });
    expect(foreign.refundId).toBeUndefined();
    expect(await gateway.refundsOf(id)).toEqual([foreign, expect.objectContaining({ refundId: REFUND })]);
  });

  it('is looked up by the name that the gateway gave it', async () => {
    const id = await paidIntent();
    const gatewayRefundId = await sandbox.refundInDashboard(id);
    await sandbox.settle(gatewayRefundId, 'failed');
    expect(await gateway.findRefund({ ...refunding(id), gatewayRefundId })).toMatchObject({ status: 'failed' });
    expect(await gateway.findRefund(refunding(id))).toBeUndefined();
  });
});

describe('a dispute', () => {
  it('says what the bank took back, and what became of it', async () => {
    const id = await paidIntent();
    const disputeId = await sandbox.dispute(id, { amount: 500, reason: 'duplicate' });
    const dispute = { disputeId, gatewayPaymentId: id, amount: eur(500), reason: 'duplicate' };
    expect(await gateway.fetchDispute(disputeId)).toEqual({ ...dispute, status: 'open' });
    expect(await gateway.refund(refunding(id))).toEqual({ status: 'failed', code: 'charge_disputed' });
    await sandbox.closeDispute(disputeId, 'won');
    expect(await gateway.fetchDispute(disputeId)).toEqual({ ...dispute, status: 'won' });
  });

  it.each([
    ['needs_response', 'open'],
    ['under_review', 'open'],
    ['warning_needs_response', 'inquiry'],
    ['warning_closed', 'won'],
    ['lost', 'lost'],
    ['appeal_under_review', 'lost'],
  ])('in Stripe’s status %s is %s', (status, ours) => {
    const dispute = { id: 'dp_1', payment_intent: 'pi_1', amount: 1, currency: 'eur', reason: 'general', status };
    expect(disputeReport(dispute as never).status).toBe(ours);
  });
});

describe('withdrawing an intent', () => {
  it('lets nobody pay it any more, however often it is done', async () => {
    const { gatewayPaymentId: id } = await gateway.openIntent(opening);
    expect(await gateway.cancelIntent(id)).toMatchObject({ status: 'canceled' });
    expect(await gateway.cancelIntent(id)).toMatchObject({ status: 'canceled' });
    await expect(sandbox.pay(id)).rejects.toThrow('payment_intent_unexpected_state');
  });

  it('comes too late for one that is paid, and says so', async () => {
    expect(await gateway.cancelIntent(await paidIntent())).toMatchObject({ status: 'captured', amount: TOTAL });
  });

  it('leaves it open when the gateway does not answer', async () => {
    const { gatewayPaymentId: id } = await gateway.openIntent(opening);
    await sandbox.fault({ operation: 'payment_intents.cancel', fault: 'unavailable' });
    await expect(gateway.cancelIntent(id)).rejects.toThrow(UnknownOutcomeError);
  });
});

describe('the gateway’s books', () => {
  it('have whatever was made since some time, over several pages', async () => {
    const since = new Date(Date.now() - 60_000);
    const id = await paidIntent();
    for (let i = 0; i < 101; i++) await sandbox.refundInDashboard(id, 1);
    const disputeId = await sandbox.dispute(id);
    const { payments, refunds, disputes } = await gateway.booksSince(since);
    expect(payments).toEqual([expect.objectContaining({ gatewayPaymentId: id, status: 'captured' })]);
    expect(new Set(refunds.map(({ gatewayRefundId }) => gatewayRefundId)).size).toBe(101);
    expect(disputes).toEqual([expect.objectContaining({ disputeId })]);
    expect((await gateway.booksSince(new Date(Date.now() + 60_000))).refunds).toEqual([]);
  });
});

describe('what the gateway is told', () => {
  it('is ids and amounts, and nothing of a person', async () => {
    const id = await paidIntent();
    await gateway.refund(refunding(id));
    const { intents, refunds } = await sandbox.book();
    expect(intents.map(({ metadata }) => metadata)).toEqual([{ paymentId: PAYMENT, orderId: ORDER }]);
    expect(refunds.map(({ metadata }) => metadata)).toEqual([{ refundId: REFUND, generation: '1' }]);
  });
});

describe('looking a refund up', () => {
  it('finds the one of this refund among those of the payment', async () => {
    const id = await paidIntent();
    await gateway.refund({ ...refunding(id, eur(1)), refundId: ORDER, idempotencyKey: 'another' });
    expect(await gateway.findRefund(refunding(id))).toBeUndefined();
    const { gatewayRefundId } = (await gateway.refund(refunding(id, eur(2)))) as { gatewayRefundId: string };
    expect(await gateway.findRefund(refunding(id))).toEqual({ status: 'succeeded', gatewayRefundId });
  });

  it('takes a living one of an earlier generation for this one, and no failed one', async () => {
    const id = await paidIntent();
    const { gatewayRefundId } = (await gateway.refund(refunding(id))) as { gatewayRefundId: string };
    const later = { ...refunding(id), generation: 2, idempotencyKey: `${REFUND}.2` };
    expect(await gateway.findRefund(later)).toEqual({ status: 'succeeded', gatewayRefundId });
    await sandbox.settle(gatewayRefundId, 'failed');
    expect(await gateway.findRefund(later)).toBeUndefined();
  });
});

describe('a gateway in trouble', () => {
  it.each([
    ['rate_limited', 1],
    ['unavailable', 1],
    ['answer_dropped', 2],
  ])('leaves the outcome open after a fault such as %s, and the same call settles it', async (fault, times) => {
    const id = await paidIntent();
    await sandbox.fault({ operation: 'refunds.create', fault, times });
    await expect(gateway.refund(refunding(id))).rejects.toThrow(UnknownOutcomeError);
    expect(await gateway.refund(refunding(id))).toMatchObject({ status: 'succeeded' });
    expect((await sandbox.book()).effects.refunds).toBe(1);
  });

  it('leaves it open when it answers too late', async () => {
    const id = await paidIntent();
    await sandbox.fault({ operation: 'refunds.create', fault: 'slow', delayMs: 100 });
    await expect(gatewayAt(url, 20).refund(refunding(id))).rejects.toThrow(UnknownOutcomeError);
  });

  it('refuses a key while a call with it is still running', async () => {
    const id = await paidIntent();
    await sandbox.fault({ operation: 'refunds.create', fault: 'slow', delayMs: 100 });
    const first = gateway.refund(refunding(id));
    const calls = await Promise.allSettled([first, gateway.refund(refunding(id))]);
    expect(calls.map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
    expect(calls[1]).toMatchObject({ reason: { code: 'idempotency_key_in_use' } });
  });

  it.each([
    ['error_without_effect', undefined],
    ['error_after_effect', { status: 'succeeded', gatewayRefundId: expect.stringMatching(/^re_/) }],
  ])('says when it keeps an error under the key, and what it has done all the same: %s', async (fault, found) => {
    const id = await paidIntent();
    await sandbox.fault({ operation: 'refunds.create', fault });
    await expect(gateway.refund(refunding(id))).rejects.toThrow(UnknownOutcomeError);
    expect(await gateway.refund(refunding(id))).toEqual({ status: 'kept_error', code: 'http_500' });
    expect(await gateway.findRefund(refunding(id))).toEqual(found);
  });

  it('tells a call that it puts off from one that it may have carried out', async () => {
    const id = await paidIntent();
    await sandbox.fault({ operation: 'refunds.create', fault: 'rate_limited' });
    await expect(gateway.refund(refunding(id))).rejects.toThrow(PostponedError);
    await sandbox.fault({ operation: 'refunds.create', fault: 'unavailable' });
    await expect(gateway.refund(refunding(id))).rejects.not.toThrow(PostponedError);
  });

  it('leaves the outcome open when nobody is there', async () => {
    const nobody = gatewayAt('http://127.0.0.1:1');
    await expect(nobody.refund(refunding('pi_1'))).rejects.toMatchObject({ code: 'no_answer' });
  });
});
