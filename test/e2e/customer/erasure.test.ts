import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Client } from 'pg';
import { createTestDatabase, type TestDatabase } from '../../support/database.js';
import { eventually } from '../../support/eventually.js';
import type { Answer, HttpClient } from '../../support/http.js';
import { type Service, startService } from '../../support/service.js';
import { newKey, openPayment, placingOf, sandboxOf, stock, untilOrderIs, untilRefunded } from '../shop.js';

/** No other data of the service have these words. */
const ZOE = { email: 'zoe@quastel.example', firstName: 'Zenobia', lastName: 'Quastel', phone: '+49 30 778899' };
const OLD_EMAIL = 'zoe@formerly.example';
const addressed = (line1: string) => ({
  receiver: { name: 'Zenobia Wachholder', phone: '+49 171 665544' },
  address: { line1, line2: 'Hinterhof', city: 'Kuckucksheim', postalCode: 'Q98754', country: 'DE' },
  message: 'beim Hausmeister abgeben',
});
const [FIRST, SECOND] = [addressed('Fliederstieg 4'), addressed('Schlehenpfad 9')];
const NOTE = 'liegt mit Masern im Bett';

const PERSONAL = [
  'quastel',
  'formerly',
  'zenobia',
  '778899',
  'wachholder',
  '665544',
  'fliederstieg',
  'schlehenpfad',
  'hinterhof',
  'kuckucksheim',
  'q98754',
  'hausmeister',
  'masern',
];

const personalIn = (text: string): string[] => {
  const lower = text.toLowerCase();
  return PERSONAL.filter((word) => lower.includes(word));
};

describe('a customer who is erased', () => {
  let database: TestDatabase;
  let service: Service;
  let reader: Client;
  let operator: HttpClient;
  let zoe: HttpClient;

  beforeAll(async () => {
    database = await createTestDatabase();
    reader = new Client({ connectionString: database.url });
    await reader.connect();
    await reader.query(WATCH_COMMANDS);
    service = await startService({ databaseUrl: database.url, env: { LOG_LEVEL: 'trace' } });
    operator = service.http;
    zoe = operator.with({ 'x-customer-id': 'zoe' });
    await stock(operator, 'LAMP', 100);
  });
  afterAll(async () => {
    await reader.end();
    await service.stop();
    await database.drop();
  });

  /** Every row of every table as text, by table. */
  async function dump(): Promise<Map<string, string>> {
    const tables = await reader.query<{ name: string }>(
      `select quote_ident(table_schema) || '.' || quote_ident(table_name) as name from information_schema.tables
        where table_type = 'BASE TABLE' and table_schema not in ('pg_catalog', 'information_schema') order by name`,
    );
    const dumped = new Map<string, string>();
    for (const { name } of tables.rows) {
      const { rows } = await reader.query<{ text: string }>(
        `select coalesce(string_agg(t::text, chr(10)), '') as text from ${name} t`,
      );
      dumped.set(name, rows[0]!.text);
    }
    return dumped;
  }
  const tablesThatTell = async () =>
    [...(await dump())].filter(([, text]) => personalIn(text).length > 0).map(([name]) => name);
  const feed = async () => JSON.stringify((await operator.get('/v1/events?limit=1000')).body.events);

  /** What the shop's books say of the customer's orders: everything but the person. */
  async function books(): Promise<object> {
    const owed = await reader.query('select * from refund.owed order by order_id');
    const payments = await reader.query('select * from refund.payments order by id');
    const refunds = await reader.query('select id, amount, status from refund.refunds order by id');
    const purchases = await reader.query('select * from customer.purchases order by order_id');
    const orders: { body: { data: Record<string, unknown>[] } } = await operator.get('/v1/orders?customerId=zoe');
    const withoutPerson = orders.body.data.map((order) => ({ ...order, shippingInfo: null, version: null }));
    return {
      owed: owed.rows,
      payments: payments.rows,
      refunds: refunds.rows,
      purchases: purchases.rows,
      withoutPerson,
    };
  }

  const erase = (): Promise<Answer> => zoe.delete('/v1/customers/zoe');
  const place = async (shippingInfo = FIRST): Promise<string> => {
    const { body } = await zoe.post('/v1/orders', { ...placingOf('zoe', 'LAMP'), shippingInfo }, newKey());
    await untilOrderIs('awaiting_payment', zoe, body.id);
    return body.id;
  };
  const pay = async (orderId: string): Promise<string> => {
    await sandboxOf(service).pay(await openPayment(zoe, orderId));
    await untilOrderIs('preparing', zoe, orderId);
    return orderId;
  };
  const cancel = (orderId: string): Promise<Answer> =>
    zoe.post(`/v1/orders/${orderId}/cancellations`, { reason: 'customer', note: NOTE }, newKey());
  const deliver = async (orderId: string): Promise<void> => {
    const { headers } = await zoe.get(`/v1/orders/${orderId}`);
    await zoe.put(`/v1/orders/${orderId}/shipping-info`, SECOND, { 'if-match': headers.get('etag')! });
    const parcel = { carrier: 'DHL', trackingNumber: 'JD01' };
    expect((await operator.post(`/v1/orders/${orderId}/shipments`, parcel)).status).toBe(201);
    expect((await operator.post(`/v1/orders/${orderId}/delivery`)).status).toBe(200);
  };

  let paidOrders: string[];

  it('was told of in many places before', async () => {
    await zoe.post('/v1/customers', { ...ZOE, email: OLD_EMAIL });
    await zoe.send('PATCH', '/v1/customers/zoe', { email: ZOE.email });
    await operator.get(`/v1/customers?email=${ZOE.email}`);
    paidOrders = await Promise.all([place(), place(), place()].map(async (order) => pay(await order)));
    for (const orderId of paidOrders.slice(0, 2)) await deliver(orderId);
    await eventually(async () => (await zoe.get('/v1/customers/zoe')).body.vipSince !== null);
    await cancel(await place());
    await eventually(async () => (await dump()).get('notification.notifications')?.includes('Congratulations Zenobia'));

    expect((await dump()).get('watched.command')).toContain('order.synchronize-shipping-info');
    const tables = await tablesThatTell();
    expect(tables).toEqual(
      expect.arrayContaining([
        'customer.customers',
        'messaging.event_personal',
        'notification.notifications',
        'orders.orders',
        'orders.words',
      ]),
    );
    expect(personalIn([...(await dump()).values()].join('\n'))).toEqual(PERSONAL);
  });

  it('could read all of it', async () => {
    const { status, body } = await zoe.get('/v1/customers/zoe/export');

    expect(status).toBe(200);
    expect(personalIn(JSON.stringify(body))).toEqual(PERSONAL);
    expect(body).toMatchObject({ customer: ZOE, purchases: [{}, {}, {}] });
    expect(body.orders).toHaveLength(4);
    expect(body.payments).toHaveLength(3);
    expect(body.mails).toEqual(expect.arrayContaining([expect.objectContaining({ recipient: ZOE.email })]));
  });

  it('was not erased while an order was open', async () => {
    const before = (await operator.get('/v1/customers/zoe')).body;
    const refused = await erase();

    expect(refused).toMatchObject({ status: 409, body: { code: 'CUSTOMER_HAS_OPEN_ORDERS' } });
    expect(refused.body.orderIds).toEqual([paidOrders[2]]);
    expect((await operator.get('/v1/customers/zoe')).body).toEqual(before);
    expect(await tablesThatTell()).toContain('messaging.event_personal');
  });

  it('was not erased while a refund was on its way', async () => {
    await sandboxOf(service).fault({ operation: 'refunds.create', fault: 'pending' });
    await cancel(paidOrders[2]!);
    const refund = await eventually(async () => (await sandboxOf(service).book()).refunds[0]);

    expect(await erase()).toMatchObject({ status: 409, body: { code: 'CUSTOMER_HAS_UNFINISHED_REFUNDS', refunds: 1 } });
    expect(await tablesThatTell()).toContain('messaging.event_personal');

    await sandboxOf(service).settle(refund.id, 'succeeded');
    await untilRefunded(operator, paidOrders[2]!);
    await eventually(async () => (await operator.get('/v1/customers/zoe')).body.purchases === 2);
  });

  describe('and then', () => {
    let before: object;

    beforeAll(async () => {
      await untilIdle(reader);
      before = await books();
      expect(await erase()).toMatchObject({ status: 204, body: '' });
    });

    it('is in no table of the database', async () => {
      await eventually(async () => (await tablesThatTell()).length === 0).catch(() => undefined);

      expect(await tablesThatTell()).toEqual([]);
    });

    it('is in no page of the feed, in no line of the log, and not in the book of the gateway', async () => {
      expect(personalIn(await feed())).toEqual([]);
      expect(personalIn(service.output())).toEqual([]);
      expect(personalIn(JSON.stringify(await sandboxOf(service).book()))).toEqual([]);
      // Else these three would tell nothing.
      expect(await feed()).toContain(paidOrders[0]);
      expect(service.output()).toContain(paidOrders[0]);
      expect(JSON.stringify(await sandboxOf(service).book())).toContain(paidOrders[0]);
    });

    it('leaves the books as they were', async () => {
      expect(await books()).toEqual(before);
    });

    it('stays a VIP with a history, without a profile', async () => {
      expect((await zoe.get('/v1/customers/zoe')).body).toMatchObject({
        email: null,
        firstName: null,
        lastName: null,
        phone: null,
        purchases: 2,
        vipSince: expect.any(String),
        erasedAt: expect.any(String),
      });
      const { body } = await zoe.get('/v1/customers/zoe/export');
      expect(body.orders).toHaveLength(4);
      expect(personalIn(JSON.stringify(body))).toEqual([]);
      expect(await zoe.send('PATCH', '/v1/customers/zoe', { firstName: 'Z' })).toMatchObject({
        status: 409,
        body: { code: 'CUSTOMER_NOT_REGISTERED' },
      });
    });

    it('can be erased anew, with what came since', async () => {
      expect((await erase()).status).toBe(204);
      await cancel(await place(SECOND));
      expect(await tablesThatTell()).toContain('orders.orders');

      expect((await erase()).status).toBe(204);
      await eventually(async () => (await tablesThatTell()).length === 0);
    });
  });

  it('is no customer who never was one', async () => {
    const answers = [await operator.delete('/v1/customers/nobody'), await operator.get('/v1/customers/nobody/export')];

    for (const answer of answers) expect(answer).toMatchObject({ status: 404, body: { code: 'CUSTOMER_NOT_FOUND' } });
  });
});

/** Commands are gone once they have run: what they carried is kept here, where the dump finds it. */
const WATCH_COMMANDS = `
  create schema watched;
  create table watched.command (type text, payload jsonb);
  create function watched.keep() returns trigger language plpgsql as $$
  begin insert into watched.command values (new.type, new.payload); return null; end $$;
  create trigger keep after insert on messaging.queued_command for each row execute function watched.keep()`;

async function untilIdle(reader: Client): Promise<void> {
  await eventually(async () => {
    const { rows } = await reader.query<{ busy: number }>(
      `select (select count(*) from messaging.outbox) + (select coalesce(sum(lag), 0) from messaging.consumer_status)
            + (select count(*) from messaging.queued_command where dedupe_key is null and due_at <= now()) as busy`,
    );
    return Number(rows[0]!.busy) === 0;
  });
}
