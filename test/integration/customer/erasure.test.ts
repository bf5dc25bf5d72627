import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { type IQueryHandler, QueryHandler } from '@nestjs/cqrs';
import { DataSource } from 'typeorm';
import { EraseCustomer } from '../../../src/customer/application/erase-customer.js';
import { RegisterCustomer } from '../../../src/customer/application/register-customer.js';
import { CustomerErased, CustomerRegistered, GetCustomerContact } from '../../../src/customer/index.js';
import { GetOrdersOfCustomer, type OrderOfCustomer } from '../../../src/order/index.js';
import { CountUnfinishedRefunds } from '../../../src/refund/index.js';
import { orderId, profile } from '../../unit/customer/given-customer.js';
import { CustomerDesk } from './customer-desk.js';

/** What the modules that aren't here would answer, and what the asker's unit of work had done by then. */
let orders: readonly OrderOfCustomer[];
let unfinishedRefunds: number;
let personalRowsWhenAsked: number;

@QueryHandler(GetOrdersOfCustomer)
class OrdersOfCustomer implements IQueryHandler<GetOrdersOfCustomer> {
  constructor(private readonly dataSource: DataSource) {}

  async execute({ customerId }: GetOrdersOfCustomer): Promise<readonly OrderOfCustomer[]> {
    const rows = await this.dataSource.query('select 1 from messaging.event_personal where subject_id = $1', [
      customerId,
    ]);
    personalRowsWhenAsked = rows.length;
    return orders;
  }
}

@QueryHandler(CountUnfinishedRefunds)
class UnfinishedRefunds implements IQueryHandler<CountUnfinishedRefunds> {
  async execute({ orderIds }: CountUnfinishedRefunds): Promise<number> {
    return orderIds.length > 0 ? unfinishedRefunds : 0;
  }
}

const open = { orderId: orderId(1), isOpen: true };
const closed = { orderId: orderId(2), isOpen: false };

describe('the erasure of a customer', () => {
  let desk: CustomerDesk;
  let customers = 0;
  let id: string;

  beforeAll(async () => {
    desk = await CustomerDesk.open({ others: [OrdersOfCustomer, UnfinishedRefunds] });
  });
  afterAll(() => desk.close());
  beforeEach(async () => {
    id = `customer-${++customers}`;
    orders = [];
    unfinishedRefunds = 0;
    await desk.commands.execute(new RegisterCustomer(id, { ...profile, email: `${id}@example.com` }));
  });

  const erase = () => desk.commands.execute(new EraseCustomer(id));
  const told = async <T extends { customerId: string }>(type: abstract new (...args: never[]) => T) =>
    (await desk.messaging.published(type)).filter((event) => event.customerId === id);

  it('leaves a customer without a person, whom nobody writes to any more', async () => {
    orders = [closed];
    await erase();

    expect(await desk.customers.get(id)).toMatchObject({ email: null, firstName: null, erasedAt: expect.any(Date) });
    expect(await desk.query('select 1 from customer.customers where id = $1 and profile is null', [id])).toHaveLength(
      1,
    );
    expect(await desk.queryBus.execute(new GetCustomerContact(id))).toBeUndefined();
    expect(await told(CustomerRegistered)).toEqual([{ customerId: id, registeredAt: expect.any(Date) }]);
    expect(await told(CustomerErased)).toHaveLength(1);
  });

  it.each([
    ['an order is open', 'CUSTOMER_HAS_OPEN_ORDERS', [closed, open], 0],
    ['a refund is unfinished', 'CUSTOMER_HAS_UNFINISHED_REFUNDS', [closed], 1],
  ])('is refused while %s, and then nothing is gone', async (_, code, theirs, refunds) => {
    [orders, unfinishedRefunds] = [theirs, refunds];
    await expect(erase()).rejects.toMatchObject({ code });

    expect(await desk.customers.get(id)).toMatchObject({ email: `${id}@example.com`, erasedAt: null });
    expect(await told(CustomerRegistered)).toMatchObject([{ email: `${id}@example.com` }]);
    expect(await told(CustomerErased)).toEqual([]);
  });

  it('asks for open orders only after it has deleted, so that none slips in between', async () => {
    await erase();

    expect(personalRowsWhenAsked).toBe(0);
  });

  it('frees the address for others', async () => {
    await erase();

    expect(
      await desk.commands.execute(new RegisterCustomer(`${id}-2`, { ...profile, email: `${id}@example.com` })),
    ).toBe(true);
  });

  it('concerns one who ordered without having registered, too, and nobody who never did anything', async () => {
    id = 'guest';
    await expect(erase()).rejects.toMatchObject({ code: 'CUSTOMER_NOT_FOUND' });
    await expect(desk.customers.get(id)).rejects.toMatchObject({ code: 'CUSTOMER_NOT_FOUND' });

    orders = [closed];
    await erase();
    expect(await desk.customers.get(id)).toMatchObject({ erasedAt: expect.any(Date), registeredAt: null });
    expect(await told(CustomerErased)).toHaveLength(1);
  });

  it('does not lose a purchase that is heard of meanwhile', async () => {
    orders = [closed];
    await Promise.all([erase(), desk.paid(customers, id), erase(), desk.paid(100 + customers, id)]);
    await desk.messaging.settled();

    expect(await desk.customers.get(id)).toMatchObject({ purchases: 2, email: null });
    expect(await told(CustomerErased)).toHaveLength(2);
  });
});
