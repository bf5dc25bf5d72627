import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { LineBackordered, LineEtaChanged, OutOfStock } from '../../../src/allocation/index.js';
import { CustomerBecameVip } from '../../../src/customer/index.js';
import { WriteMails } from '../../../src/notification/application/write-mails.js';
import { ExportMails } from '../../../src/notification/index.js';
import { OrderCanceled, OrderLinesCanceled, OrderPaid, OrderShipped } from '../../../src/order/index.js';
import {
  PaymentDisputed,
  PaymentUnmatched,
  RefundAttentionRaised,
  RefundResolved,
  RefundSucceeded,
} from '../../../src/refund/index.js';
import { MailServer, type ReceivedMail } from '../../support/mail-server.js';
import { eur, NOW } from '../../unit/order/given-order.js';
import { addressOf, MailDesk, STAFF } from './mail-desk.js';

let server: MailServer;
let desk: MailDesk;
let customerId: string;
let orderId: string;

beforeAll(async () => {
  server = await MailServer.listen();
  desk = await MailDesk.open({ SMTP_URL: server.url });
  await desk.stock('LAMP', 1_000);
});
afterAll(async () => {
  await desk.close();
  await server.close();
});
beforeEach(async () => {
  customerId = await desk.register('Ada');
  orderId = await desk.place(customerId, { sku: 'LAMP', quantity: 2 });
  await desk.messaging.settled();
});

/** What arrived at the customer beside the confirmation of the order. */
const arrived = () => server.to(addressOf(customerId)).slice(1);
const arrivedAtStaff = (text: string) => server.to(STAFF).filter((mail) => mail.text?.includes(text));
const subjects = (mails: readonly ReceivedMail[]) => mails.map((mail) => mail.subject);

/** Tells each event, and lets everything happen that follows. */
async function tell(stream: string, ...events: readonly object[]): Promise<void> {
  await desk.tell(stream, randomUUID(), ...events);
  await desk.messaging.settled();
}

const refund = () => ({ refundId: randomUUID(), orderId, paymentId: randomUUID(), amount: eur(2_500) });
const line = (sku = 'LAMP') => ({ sku, orderId, lineId: randomUUID() });
const lines = [{ lineId: randomUUID(), sku: 'LAMP', quantity: 2 }];
const cancellation = () => ({ orderId, customerId, cancellationId: randomUUID(), canceledAt: NOW });

describe('a customer who orders', () => {
  it('is told of the order, its lines, its total and until when to pay', () => {
    const [mail, ...others] = server.to(addressOf(customerId));
    expect(others).toEqual([]);
    expect(mail).toMatchObject({
      subject: 'We have received your order',
      from: { name: 'Shop, Inc.', address: 'mail@shop.example' },
      to: [{ name: 'Ada', address: addressOf(customerId) }],
      recipients: [addressOf(customerId)],
      messageId: expect.stringMatching(/^<[0-9a-f-]{36}\.1@shop\.example>$/),
    });
    expect(mail!.text).toMatch(/^Hello Ada,\n/);
    expect(mail!.text).toContain(`2 × LAMP   25.00 EUR\n`);
    expect(mail!.text).toContain('Total: 25.00 EUR\n');
    expect(mail!.text).toMatch(/Please pay until \d{4}-\d\d-\d\d \d\d:\d\d UTC;/);
  });

  it('gets a receipt when the order is paid', async () => {
    await tell('order', new OrderPaid({ orderId, customerId, total: eur(2_500), paidAt: NOW }));
    expect(subjects(arrived())).toEqual(['We have received your payment']);
    expect(arrived()[0]!.text).toContain('Total: 25.00 EUR\nPaid:  2026-03-01 12:00 UTC\n');
  });

  it('is told what is canceled when the order is', async () => {
    await tell('order', new OrderCanceled({ ...cancellation(), reason: 'out_of_stock', lines }));
    expect(subjects(arrived())).toEqual(['Your order is canceled']);
    expect(arrived()[0]!.text).toContain('because we have run out of stock:\n\n  2 × LAMP\n');
    expect(arrived()[0]!.text).not.toContain('The rest');
  });

  it('is told what is canceled, and that the rest stays, when a part of the order is', async () => {
    const part = { lines: [{ ...lines[0]!, quantity: 1, keep: 1, amount: eur(1_250) }], amount: eur(1_250) };
    await tell('order', new OrderLinesCanceled({ ...cancellation(), reason: 'customer', ...part }));
    expect(subjects(arrived())).toEqual(['A part of your order is canceled']);
    expect(arrived()[0]!.text).toContain('as you asked:\n\n  1 × LAMP\n');
    expect(arrived()[0]!.text).toContain('The rest of the order stays as it is.');
  });

  it('is told of nothing that was done against a fraud', async () => {
    await tell('order', new OrderCanceled({ ...cancellation(), reason: 'fraud', lines }));
    expect(arrived()[0]!.text).toContain('canceled, by us:');
    expect(arrived()[0]!.raw).not.toMatch(/fraud/i);
  });

  it('is told of the carrier and the tracking number', async () => {
    const shipment = { carrier: 'DHL', trackingNumber: 'JD0001', shippedAt: NOW };
    await tell('order', new OrderShipped({ orderId, customerId, ...shipment }));
    expect(subjects(arrived())).toEqual(['Your order is on its way']);
    expect(arrived()[0]!.text).toContain('handed to DHL.\n\nTracking number: JD0001');
  });

  it('is told of another delivery date, once for all lines that one change of a batch has moved', async () => {
    const moved = { eta: '2026-12-24', changedAt: NOW };
    await tell(
      'product',
      new LineEtaChanged({ ...line(), ...moved }),
      new LineEtaChanged({ ...line(), ...moved }),
      new LineEtaChanged({ ...line(), changedAt: new Date(NOW.getTime() + 1) }),
    );
    expect(subjects(arrived())).toEqual(Array(2).fill('Another delivery date for LAMP'));
    expect(arrived()[0]!.text).toContain(`we now expect LAMP of your order ${orderId} on 2026-12-24.`);
    expect(arrived()[1]!.text).toContain('is now in our warehouse');
  });

  it('is told of a back-order, which nobody of the staff has to decide', async () => {
    await tell('product', new LineBackordered({ ...line(), quantity: 2, cause: 'placing', backorderedAt: NOW }));
    expect(subjects(arrived())).toEqual(['LAMP is on back-order']);
    expect(arrived()[0]!.text).toContain('  2 × LAMP\n');
    expect(arrivedAtStaff(orderId)).toEqual([]);
  });

  it('is told of a back-order after a stock cut, and so is staff, who decides', async () => {
    await tell('product', new LineBackordered({ ...line(), quantity: 2, cause: 'stock_cut', backorderedAt: NOW }));
    expect(subjects(arrived())).toEqual(['LAMP is on back-order']);
    expect(subjects(arrivedAtStaff(orderId))).toEqual([`A stock cut left order ${orderId} without LAMP`]);
  });

  it('is told of a refund that succeeded, and of one that was paid in another way', async () => {
    await tell('refund', new RefundSucceeded({ ...refund(), gatewayRefundId: 're_1', succeededAt: NOW }));
    await tell('refund', new RefundResolved({ ...refund(), reference: 'SEPA-1', resolvedAt: NOW }));
    expect(subjects(arrived())).toEqual(Array(2).fill('Your refund of 25.00 EUR'));
    expect(arrived()[0]!.text).toContain(`we have refunded 25.00 EUR for your order ${orderId}.`);
  });

  it('is told once that a refund is late, and staff each time that it needs a person', async () => {
    const stuck = refund();
    const raised = (attention: string) => new RefundAttentionRaised({ ...stuck, attention, raisedAt: NOW });
    await tell('refund', raised('outcome_unknown'), raised('gateway_rejected'));
    expect(subjects(arrived())).toEqual(['Your refund takes a little longer']);
    expect(subjects(arrivedAtStaff(stuck.refundId))).toEqual([
      'Please look at this refund: outcome unknown',
      'Please look at this refund: gateway rejected',
    ]);
  });

  it('is congratulated by name on becoming a VIP', async () => {
    await tell('customer', new CustomerBecameVip({ customerId, vipSince: NOW }));
    expect(subjects(arrived())).toEqual(['Congratulations Ada!']);
    expect(arrived()[0]!.text).toContain('Congratulations Ada!');
    expect(await desk.mail(customerId, { template: 'vip-congratulation' })).toMatchObject({
      dedupeKey: `vip:${customerId}`,
      orderId: null,
    });
  });

  it('reads all of it in an export, newest first', async () => {
    await tell('customer', new CustomerBecameVip({ customerId, vipSince: NOW }));
    expect(await desk.queryBus.execute(new ExportMails(customerId))).toMatchObject([
      { template: 'vip-congratulation', recipient: addressOf(customerId), text: expect.stringContaining('Ada') },
      { template: 'order-received', orderId, status: 'sent', sentAt: expect.any(Date) },
    ]);
  });

  it('gets a mail once, however often the event is delivered, and two instances at once', async () => {
    const event = new OrderPaid({ orderId, customerId, total: eur(2_500), paidAt: NOW });
    await tell('order', event);
    const handler = desk.app.get(WriteMails, { strict: false });
    const deliver = () => handler.handle(event, { messageId: randomUUID(), attempt: 2, headers: {} });
    await Promise.all([deliver(), deliver(), tell('order', event)]);
    await desk.messaging.settled();
    expect(subjects(arrived())).toEqual(['We have received your payment']);
  });
});

describe('staff', () => {
  it('is told once a day of each sku that is out of stock', async () => {
    const out = (sku: string, detectedAt = NOW) =>
      new OutOfStock({ ...line(sku), requested: 3, available: 1, detectedAt });
    const nextDay = new Date(NOW.getTime() + 24 * 60 * 60_000);
    await tell('product', out('SOFA'), out('SOFA'), out('SOFA', nextDay));
    await tell('product', out('RUG'));
    expect(subjects(arrivedAtStaff('Out of stock for')).toSorted()).toEqual([
      'Out of stock for RUG',
      'Out of stock for SOFA',
      'Out of stock for SOFA',
    ]);
    expect(arrivedAtStaff('Out of stock for SOFA')[0]!.text).toContain('asked for 3, and 1 is left.');
    // These lines are of no order here. Where one is, the customer is told that the order is canceled, of that alone.
    expect(arrived()).toEqual([]);
  });

  it('is told of money that belongs to no order, and of a dispute', async () => {
    const payment = { paymentId: randomUUID(), amount: eur(100) };
    const unmatched = { gateway: 'stripe', gatewayPaymentId: 'pi_1', capturedAt: NOW };
    await tell('payment', new PaymentUnmatched({ ...payment, ...unmatched }));
    await tell(
      'payment',
      new PaymentDisputed({ ...payment, orderId, reason: 'product_not_received', disputedAt: NOW }),
    );
    expect(subjects(arrivedAtStaff(payment.paymentId))).toEqual([
      'Please look at this unmatched payment: it came in by stripe',
      'Please look at this dispute: product not received',
    ]);
    expect(arrived()).toEqual([]);
  });
});

describe('nobody', () => {
  it('is written to who never registered, or for an order that is not ours', async () => {
    const before = server.mails.length;
    const strange = await desk.place('nobody', { sku: 'LAMP', quantity: 1 });
    await tell('order', new OrderPaid({ orderId: strange, customerId: 'nobody', total: eur(1_250), paidAt: NOW }));
    await tell(
      'product',
      new LineBackordered({ ...line(), orderId: randomUUID(), quantity: 1, cause: 'placing', backorderedAt: NOW }),
    );
    expect(server.mails.length).toBe(before);
    expect(await desk.dataSource.query('select * from messaging.held_message')).toEqual([]);
  });
});

describe('a name with line breaks and headers in it', () => {
  it('adds no header and no recipient', async () => {
    const id = await desk.register('Eve\r\nBcc: victim@example.com, "X" <x@example.com>');
    await tell('customer', new CustomerBecameVip({ customerId: id, vipSince: NOW }));
    const [mail, ...others] = server.to(addressOf(id));
    expect(others).toEqual([]);
    expect(mail).toMatchObject({ recipients: [addressOf(id)], to: [{ address: addressOf(id) }] });
    expect(mail!.headers.map(({ key }) => key).toSorted()).toEqual([
      'auto-submitted',
      'content-transfer-encoding',
      'content-type',
      'date',
      'from',
      'message-id',
      'mime-version',
      'subject',
      'to',
    ]);
    expect(mail!.subject).toBe('Congratulations Eve Bcc: victim@example.com, "X" <x@example.com>!');
  });
});

describe('the event log', () => {
  it('knows nothing of mails', async () => {
    const rows = await desk.dataSource.query(`select type, payload from messaging.event_log`);
    expect(JSON.stringify(rows)).not.toMatch(/notification|@example\.com|Congratulations/);
  });
});
