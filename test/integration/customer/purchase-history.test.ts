import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { RegisterCustomer } from '../../../src/customer/application/register-customer.js';
import { CustomerBecameVip, PurchaseRecorded, PurchaseRevoked } from '../../../src/customer/index.js';
import { ConsumerOverview, OutboxForwarder } from '../../../src/messaging/index.js';
import { eventually } from '../../support/eventually.js';
import { orderId, profile } from '../../unit/customer/given-customer.js';
import { CustomerDesk } from './customer-desk.js';

const CUSTOMERS = 40;
const upTo = (n: number): number[] => Array.from({ length: n }, (_, i) => i + 1);

interface Told {
  readonly customerId: string;
  readonly orderId?: string;
}
const ofCustomer = <T extends Told>(events: readonly T[], id: string) =>
  events.filter(({ customerId }) => customerId === id);

describe('two instances that hear of payments', () => {
  let desk: CustomerDesk;
  let other: CustomerDesk;

  beforeAll(async () => {
    desk = await CustomerDesk.open();
    other = await CustomerDesk.open({ database: desk.database });
    await eventually(async () => {
      await Promise.all([desk, other].map(({ app }) => app.get(OutboxForwarder).tick()));
      const owners = await desk.query('select owner from messaging.lease where owner is not null group by owner');
      return owners.length === 2;
    });
  });
  afterAll(async () => {
    await other.close();
    await desk.close();
  });

  const untilHandled = async () => {
    const consumers = desk.app.get(ConsumerOverview);
    await eventually(async () => {
      const [unsequenced] = await desk.query<{ n: number }>('select count(*)::int as n from messaging.outbox');
      const lags = (await consumers.list()).map(({ lag, heldMessages }) => lag + heldMessages);
      return unsequenced!.n === 0 && lags.every((lag) => lag === 0);
    });
  };

  it('make a VIP, once, of each customer of whom three orders are paid at the same moment', async () => {
    const paid = upTo(CUSTOMERS).flatMap((customer) =>
      upTo(3).map((k) => [desk, other][k % 2]!.paid(customer * 10 + k, `racer-${customer}`)),
    );
    await Promise.all(paid);
    await untilHandled();

    const [vips, recorded] = [
      await desk.messaging.published(CustomerBecameVip),
      await desk.messaging.published(PurchaseRecorded),
    ];
    for (const customer of upTo(CUSTOMERS)) {
      const id = `racer-${customer}`;
      expect(await desk.customers.get(id)).toMatchObject({ purchases: 3, vipSince: expect.any(Date), email: null });
      expect(ofCustomer(vips, id)).toHaveLength(1);
      expect(ofCustomer(recorded, id).map(({ purchases }) => purchases)).toEqual([1, 2, 3]);
    }
  });

  it('count no order twice when everything is delivered once more', async () => {
    await desk.paid(9_001, 'again');
    await desk.paid(9_002, 'again');
    await desk.paid(9_002, 'again', 7_777);
    await desk.canceled(9_001, 'again');
    await untilHandled();
    const before = await desk.query<{ id: string }>('select * from customer.customers order by id');

    await desk.app.get(ConsumerOverview).replay('customer.purchase-history');
    await desk.paid(9_003, 'again');
    await eventually(async () => (await desk.customers.get('again')).purchases === 2);
    await untilHandled();

    const after = await desk.query<{ id: string }>('select * from customer.customers order by id');
    const untouched = (rows: readonly { id?: string }[]) => rows.filter(({ id }) => id !== 'again');
    expect(untouched(after)).toEqual(untouched(before));
    expect((await desk.customers.purchases('again', { limit: 10 })).data).toMatchObject([
      { orderId: orderId(9_003), canceledAt: null },
      { orderId: orderId(9_002), canceledAt: null, total: { amount: 1_000 } },
      { orderId: orderId(9_001), canceledAt: expect.any(Date) },
    ]);
    const revoked = await desk.messaging.published(PurchaseRevoked);
    expect(ofCustomer(revoked, 'again').map((event) => event.orderId)).toEqual([orderId(9_001)]);
  });

  it('keep the history of a customer who registers while the first order is paid', async () => {
    const ids = upTo(20).map((n) => `new-${n}`);
    const register = (id: string) =>
      desk.commands.execute(new RegisterCustomer(id, { ...profile, email: `${id}@example.com` }));
    await Promise.all(ids.flatMap((id, n) => [register(id), other.paid(8_000 + n, id)]));
    await untilHandled();

    for (const id of ids) {
      expect(await desk.customers.get(id)).toMatchObject({ email: `${id}@example.com`, purchases: 1 });
    }
  });

  it('hold an order that fails, and no other of the customer', async () => {
    await desk.query(`
      create function customer.refuse() returns trigger language plpgsql as $$
      begin raise exception 'the disk is full'; end $$`);
    await desk.query(`
      create trigger refuse before insert on customer.purchases for each row
        when (new.order_id = '${orderId(7_001)}') execute function customer.refuse()`);
    await desk.paid(7_001, 'unlucky');
    await desk.canceled(7_001, 'unlucky');
    await desk.paid(7_002, 'unlucky');

    await eventually(async () => (await desk.customers.get('unlucky')).purchases === 1);
    const held = async () => desk.query<{ type: string }>('select type from messaging.held_message order by position');
    await eventually(async () => (await held()).length === 2);
    expect((await held()).map(({ type }) => type)).toEqual(['order.paid', 'order.canceled']);

    await desk.query('drop trigger refuse on customer.purchases');
    await untilHandled();
    expect((await desk.customers.purchases('unlucky', { limit: 10 })).data).toMatchObject([
      { orderId: orderId(7_002), canceledAt: null },
      { orderId: orderId(7_001), canceledAt: expect.any(Date) },
    ]);
    expect(await desk.customers.get('unlucky')).toMatchObject({ purchases: 1 });
  });
});
