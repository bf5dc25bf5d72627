import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { RegisterCustomer } from '../../../src/customer/application/register-customer.js';
import { CustomerRegistered, GetCustomerContact } from '../../../src/customer/index.js';
import { profile } from '../../unit/customer/given-customer.js';
import { CustomerDesk } from './customer-desk.js';

let desk: CustomerDesk;

beforeAll(async () => {
  desk = await CustomerDesk.open();
});
afterAll(() => desk.close());

const register = (id: string, email: string) => desk.commands.execute(new RegisterCustomer(id, { ...profile, email }));
const contactOf = (id: string) => desk.queryBus.execute(new GetCustomerContact(id));

describe('a registration', () => {
  it('tells others where to write to', async () => {
    expect(await register('ada', 'Ada@Example.com')).toBe(true);

    expect(await contactOf('ada')).toEqual({ customerId: 'ada', email: 'Ada@Example.com', firstName: 'Anna' });
    expect(await contactOf('nobody')).toBeUndefined();
  });

  it('is made once, however often it is sent at once', async () => {
    const answers = await Promise.all(Array.from({ length: 8 }, () => register('bob', 'bob@example.com')));

    expect(answers.filter((isNew) => isNew)).toHaveLength(1);
    const told = await desk.messaging.published(CustomerRegistered);
    expect(told.filter(({ customerId }) => customerId === 'bob')).toEqual([
      expect.objectContaining({ email: 'bob@example.com', firstName: 'Anna' }),
    ]);
  });

  it('refuses an address that another customer has in whatever case, and leaves no trace', async () => {
    await register('cora', 'cora@example.com');

    await expect(register('carl', 'CORA@example.COM')).rejects.toMatchObject({ code: 'EMAIL_TAKEN' });
    await expect(desk.customers.get('carl')).rejects.toMatchObject({ code: 'CUSTOMER_NOT_FOUND' });
  });

  it('gives an address to one of those who ask for it at once', async () => {
    const asking = Array.from({ length: 8 }, (_, n) => register(`twin-${n}`, 'twins@example.com'));
    const outcomes = await Promise.allSettled(asking);

    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    for (const outcome of outcomes) {
      if (outcome.status === 'rejected') expect(outcome.reason).toMatchObject({ code: 'EMAIL_TAKEN' });
    }
  });

  it('keeps the personal fields out of the log', async () => {
    await register('dora', 'dora@example.com');
    await desk.messaging.settled();

    const [row] = await desk.query<{ log: string }>(
      'select string_agg(l::text, $1) as log from messaging.event_log l',
      ['\n'],
    );
    expect(row!.log).toContain(',dora,');
    expect(row!.log).not.toContain('dora@example.com');
  });
});
