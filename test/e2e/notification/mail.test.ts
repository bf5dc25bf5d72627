import { randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { NotificationWithAttempts } from '../../../src/notification/application/notification.queries.js';
import { createTestDatabase, type TestDatabase } from '../../support/database.js';
import { eventually } from '../../support/eventually.js';
import type { HttpClient } from '../../support/http.js';
import { MailServer } from '../../support/mail-server.js';
import { failedStart, type Service, startService } from '../../support/service.js';
import { temporaryFolder } from '../../support/temporary-folder.js';
import { cancelOrder, openPayment, placeOrder, sandboxOf, stock, untilOrderIs, untilRefunded } from '../shop.js';

/** More than enough attempts for what a test keeps the server down. */
const MAIL_RETRY = Array(40).fill('250ms').join(',');

let database: TestDatabase;
let server: MailServer;
let service: Service;
let operator: HttpClient;

beforeAll(async () => {
  database = await createTestDatabase();
  server = await MailServer.listen();
  const templates = await temporaryFolder();
  await writeFile(
    join(templates, 'order-shipped.eta'),
    'Subject: Unterwegs: <%= it.trackingNumber %>\n\nHallo <%= it.firstName %>!',
  );
  await writeFile(join(templates, 'order-shipped.html.eta'), '<p>Hallo <b><%= it.firstName %></b></p>');
  const mail = { SMTP_URL: server.url, MAIL_RETRY, MAIL_TEMPLATES: templates };
  service = await startService({
    databaseUrl: database.url,
    env: { ...mail, DATA_DIR: await temporaryFolder() },
  });
  operator = service.http;
  await stock(operator, 'CHAIR', 1_000);
});
afterAll(async () => {
  await service.stop();
  await server.close();
  await database.drop();
});

async function register(firstName = 'Ada'): Promise<{ id: string; email: string }> {
  const id = `c-${randomUUID()}`;
  const email = `${id}@example.com`;
  expect(await operator.post('/v1/customers', { id, email, firstName })).toMatchObject({ status: 201 });
  return { id, email };
}

async function paidOrder(customerId: string): Promise<string> {
  const orderId = await placeOrder(operator, customerId, 'CHAIR');
  await sandboxOf(service).pay(await openPayment(operator, orderId));
  await untilOrderIs('preparing', operator, orderId);
  return orderId;
}

const subjectsTo = (email: string) => server.to(email).map((mail) => mail.subject);
const list = async (query: string) => (await operator.get(`/v1/notifications?${query}`)).body;
const inStatus = (customerId: string, status: string, count: number) =>
  eventually(async () => (await list(`customerId=${customerId}&status=${status}`)).data.length === count);

describe('a mail server that is down', () => {
  it('fails no order and no refund: they go through, and each mail arrives once when it is back', async () => {
    const { port } = server;
    await server.close();
    const { id, email } = await register();
    const orderId = await paidOrder(id);
    expect(await cancelOrder(operator, orderId)).toMatchObject({ status: 201 });
    await untilOrderIs('canceled', operator, orderId);
    await untilRefunded(operator, orderId);
    await inStatus(id, 'pending', 4);

    server = await MailServer.listen(port);
    await inStatus(id, 'sent', 4);
    // The mails about one order go one after the other.
    expect(subjectsTo(email)).toEqual([
      'We have received your order',
      'We have received your payment',
      'Your order is canceled',
      'Your refund of 12.50 EUR',
    ]);
  });
});

describe('a mail server that refuses', () => {
  it('for now, fails no order, and the mail arrives once', async () => {
    server.fault({ at: 'data', code: 451 });
    const { id, email } = await register();
    await paidOrder(id);
    await inStatus(id, 'sent', 2);
    expect(subjectsTo(email)).toEqual(['We have received your order', 'We have received your payment']);
  });

  it('for good, fails no order, and what failed is shown with its code', async () => {
    const { id, email } = await register();
    server.fault({ at: 'rcpt', code: 550, text: 'No such user' });
    const orderId = await paidOrder(id);
    await inStatus(id, 'sent', 1);
    const { data } = await list(`orderId=${orderId}&status=failed&template=order-received`);
    expect(data).toMatchObject([
      { customerId: id, recipient: email, failure: { code: '550', text: '550 No such user' } },
    ]);
    expect(subjectsTo(email)).toEqual(['We have received your payment']);
  });
});

describe('three orders that are paid at once', () => {
  it('lead to one congratulation, by name', async () => {
    const { id, email } = await register('Grace');
    await Promise.all([1, 2, 3].map(() => paidOrder(id)));
    await inStatus(id, 'sent', 7);
    expect(subjectsTo(email).filter((subject) => subject === 'Congratulations Grace!')).toHaveLength(1);
    expect(await list(`customerId=${id}&template=vip-congratulation`)).toMatchObject({
      data: [{ status: 'sent', orderId: null }],
      nextCursor: null,
    });
  });
});

describe('an order of more than there is', () => {
  it('is told to staff', async () => {
    await stock(operator, 'RARE', 1);
    const { id, email } = await register();
    await placeOrder(operator, id, 'RARE');
    const second = await placeOrder(operator, id, 'RARE');
    await untilOrderIs('canceled', operator, second);
    await eventually(() => subjectsTo('staff@localhost.localdomain').includes('Out of stock for RARE'));
    await eventually(() => subjectsTo(email).includes('Your order is canceled'));
  });
});

describe("a shop's own templates", () => {
  it('take the place of the built-in ones, with HTML beside the text', async () => {
    const { id, email } = await register('<Ada>');
    const orderId = await paidOrder(id);
    const shipment = { carrier: 'DHL', trackingNumber: 'JD0001' };
    expect(await operator.post(`/v1/orders/${orderId}/shipments`, shipment)).toMatchObject({ status: 201 });
    const mail = await eventually(() => server.to(email).find(({ subject }) => subject?.startsWith('Unterwegs')));
    expect(mail).toMatchObject({ subject: 'Unterwegs: JD0001', text: expect.stringContaining('Hallo <Ada>!') });
    expect(mail.html).toContain('<p>Hallo <b>&lt;Ada&gt;</b></p>');
    expect(mail.headers.find(({ key }) => key === 'content-type')!.value).toMatch(/^multipart\/alternative/);
  });

  it('keep the service from starting when one is broken', async () => {
    const MAIL_TEMPLATES = await temporaryFolder();
    await writeFile(join(MAIL_TEMPLATES, 'order-shipped.eta'), 'Subject: S\n\n<%= it.trackingNumer %>');
    const { code, errors } = await failedStart({ databaseUrl: database.url, env: { MAIL_TEMPLATES } });
    expect(code).toBe(1);
    expect(errors.trim()).toBe(
      'The mail template order-shipped.eta or order-shipped.html.eta: it.trackingNumer is not given',
    );
  });
});

describe('an operator', () => {
  it('reads mails newest first, page by page, and one with its text and attempts', async () => {
    const { id, email } = await register();
    await paidOrder(id);
    await inStatus(id, 'sent', 2);
    const first = await list(`customerId=${id}&limit=1`);
    const second = await list(`customerId=${id}&limit=1&cursor=${first.nextCursor}`);
    expect([...first.data, ...second.data].map(({ template }) => template)).toEqual([
      'payment-receipt',
      'order-received',
    ]);
    expect(second.nextCursor).toBeNull();

    const { status, body } = await operator.get(`/v1/notifications/${second.data[0].id}`);
    expect(status).toBe(200);
    expect(body).toMatchObject({
      recipient: email,
      subject: 'We have received your order',
      text: expect.stringContaining('1 × CHAIR   12.50 EUR'),
      status: 'sent',
      failure: null,
      attempts: [{ status: 'accepted', code: '250', edition: 1 }],
    } satisfies Partial<Record<keyof NotificationWithAttempts, unknown>>);
  });

  it('has a sent mail sent again, and an unknown one not', async () => {
    const { id, email } = await register();
    await placeOrder(operator, id, 'CHAIR');
    await inStatus(id, 'sent', 1);
    const [{ id: mailId }] = (await list(`customerId=${id}`)).data;
    expect(await operator.post(`/v1/notifications/${mailId}/resend`)).toMatchObject({ status: 202 });
    await eventually(() => subjectsTo(email).length === 2);
    expect(await operator.post(`/v1/notifications/${randomUUID()}/resend`)).toMatchObject({
      status: 404,
      body: { code: 'NOTIFICATION_NOT_FOUND' },
    });
  });
});
