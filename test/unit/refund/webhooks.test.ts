import { describe, expect, it } from '@jest/globals';
import { createHmac } from 'node:crypto';
import { WebhookSignatureInvalid } from '../../../src/refund/domain/errors.js';
import { SANDBOX_WEBHOOK_SECRET } from '../../../src/refund/infrastructure/sandbox-gateway/sandbox-keys.js';
import { eventually } from '../../support/eventually.js';
import { ORDER, PAYMENT, TOTAL } from './given-payment.js';
import { controlsOf } from '../../support/sandbox-controls.js';
import { gatewayAt, startReceiver, startSandbox } from './sandbox-fixture.js';

const opening = { paymentId: PAYMENT, orderId: ORDER, amount: TOTAL };
const gateway = gatewayAt('http://127.0.0.1:1');

describe('a webhook', () => {
  const body = Buffer.from(
    JSON.stringify({
      id: 'evt_1',
      object: 'event',
      type: 'refund.updated',
      data: { object: { id: 're_1', object: 'refund' } },
    }),
  );
  const signed = (secondsAgo: number, secret = SANDBOX_WEBHOOK_SECRET): string => {
    const time = Math.floor(Date.now() / 1000) - secondsAgo;
    return `t=${time},v1=${createHmac('sha256', secret).update(`${time}.${body.toString()}`).digest('hex')}`;
  };

  it('tells what it is about when the signature is right', () => {
    expect(gateway.readWebhook(body, signed(0))).toEqual({
      eventId: 'evt_1',
      type: 'refund.updated',
      about: { kind: 'refund', id: 're_1' },
    });
  });

  it.each([
    ['payment_intent.succeeded', { id: 'pi_1', object: 'payment_intent' }, { kind: 'payment', id: 'pi_1' }],
    ['payment_intent.created', { id: 'pi_1', object: 'payment_intent' }, undefined],
    ['charge.dispute.closed', { id: 'dp_1', object: 'dispute' }, { kind: 'dispute', id: 'dp_1' }],
    ['payout.paid', { id: 'po_1', object: 'payout' }, undefined],
  ])('of the type %s leads to a question, or to none', (type, object, about) => {
    const event = Buffer.from(JSON.stringify({ id: 'evt_1', object: 'event', type, data: { object } }));
    const time = Math.floor(Date.now() / 1000);
    const hash = createHmac('sha256', SANDBOX_WEBHOOK_SECRET).update(`${time}.${event.toString()}`).digest('hex');
    expect(gateway.readWebhook(event, `t=${time},v1=${hash}`).about).toEqual(about);
  });

  it.each([
    ['of another secret', body, signed(0, 'whsec_other')],
    ['older than five minutes', body, signed(301)],
    ['of other bytes', Buffer.concat([body, Buffer.from(' ')]), signed(0)],
    ['that is none', body, 'nonsense'],
    ['that is missing', body, undefined],
  ])('is refused with a signature %s', (_, bytes, signature) => {
    expect(() => gateway.readWebhook(bytes, signature)).toThrow(WebhookSignatureInvalid);
  });
});

describe('the sandbox', () => {
  async function startPair(refusals = 0) {
    const receiver = await startReceiver({ refusals });
    const { url } = await startSandbox({ webhookUrl: receiver.url });
    const { gatewayPaymentId } = await gatewayAt(url).openIntent(opening);
    const notices = () => receiver.received.map(({ body, signature }) => gateway.readWebhook(body, signature));
    const told = () => notices().filter(({ type }) => type === 'payment_intent.succeeded');
    return { receiver, controls: controlsOf(url), intent: gatewayPaymentId, told };
  }

  it('signs its webhooks so that Stripe’s own check accepts them', async () => {
    const { controls, intent, told } = await startPair();
    await controls.pay(intent);
    const [notice] = await eventually(() => told().length > 0 && told());
    expect(notice?.about).toEqual({ kind: 'payment', id: intent });
  });

  it('repeats a webhook until it is taken', async () => {
    const { controls, intent, receiver } = await startPair(3);
    await controls.pay(intent);
    await eventually(() => receiver.received.length === 5);
  });

  it('can double a webhook, under one event id', async () => {
    const { controls, intent, told } = await startPair();
    await controls.fault({ operation: 'webhook', fault: 'duplicated' });
    await controls.pay(intent);
    await eventually(() => told().length === 2);
    expect(new Set(told().map(({ eventId }) => eventId)).size).toBe(1);
  });

  it('can lose a webhook', async () => {
    const { controls, intent, told } = await startPair();
    await controls.fault({ operation: 'webhook', fault: 'dropped' });
    await controls.pay(intent, { declined: true });
    await controls.pay(intent);
    await eventually(() => told().length === 1);
    expect(told()).toHaveLength(1);
  });
});
