import { describe, expect, it } from '@jest/globals';
import {
  CustomerBecameVip,
  CustomerErased,
  CustomerRegistered,
  PurchaseRecorded,
  PurchaseRevoked,
} from '../../../src/customer/contract/events.js';
import { ANNA, bought, erased, eur, given, LATER, NOW, orderId, profile, registered } from './given-customer.js';

const code = (value: string) => expect.objectContaining({ code: value });
const recorded = (n: number, purchases: number) =>
  new PurchaseRecorded({ customerId: ANNA, orderId: orderId(n), purchases, recordedAt: NOW });
const revoked = (n: number, purchases: number) =>
  new PurchaseRevoked({ customerId: ANNA, orderId: orderId(n), purchases, revokedAt: LATER });
const becameVip = new CustomerBecameVip({ customerId: ANNA, vipSince: NOW });

describe('somebody who was just heard of', () => {
  it('registers', () => {
    expect(given().when((anna) => expect(anna.register(profile, NOW)).toBe(true))).toEqual([
      new CustomerRegistered({ customerId: ANNA, email: profile.email, firstName: 'Anna', registeredAt: NOW }),
    ]);
  });

  it('has no profile to change', () => {
    expect(() => given().when((anna) => anna.update({ phone: '+49 30 1' }))).toThrow(code('CUSTOMER_NOT_REGISTERED'));
  });

  it('has a history without being registered', () => {
    expect(given().paid(1)).toEqual([recorded(1, 1)]);
  });

  it('is not concerned by the cancellation of an order that was never paid', () => {
    expect(given().canceled(1)).toEqual([]);
  });
});

describe('a registered customer', () => {
  it('registers again with the same data, and nothing happens', () => {
    const anna = given(registered);
    const before = anna.state;

    expect(anna.when((each) => expect(each.register({ ...profile }, LATER)).toBe(false))).toEqual([]);
    expect(anna.state).toEqual(before);
  });

  it('can not be registered with other data', () => {
    const other = { ...profile, firstName: 'Anne' };
    expect(() => given(registered).when((anna) => anna.register(other, LATER))).toThrow(code('CUSTOMER_EXISTS'));
  });

  it('changes a part of the profile', () => {
    const anna = given(registered, (each) => each.when((it) => it.update({ phone: '+49 30 1', lastName: null })));
    expect(anna.state.profile).toEqual({ ...profile, phone: '+49 30 1' });
  });
});

describe('a customer with two purchases', () => {
  it('becomes a VIP with the third', () => {
    const anna = given(bought(1, 2));
    expect(anna.paid(3)).toEqual([recorded(3, 3), becameVip]);
    expect(anna.state.vipSince).toEqual(NOW);
  });

  it('does not with one of them again, even of another amount', () => {
    const anna = given(bought(1, 2));
    expect(anna.paid(2, 9_999)).toEqual([]);
    expect(anna.history[1]).toMatchObject({ total: eur(1_000) });
  });

  it('does not with the third when one is canceled', () => {
    const anna = given(bought(1, 2));
    expect(anna.canceled(1)).toEqual([revoked(1, 1)]);
    expect(anna.paid(3)).toEqual([recorded(3, 2)]);
    expect(anna.paid(4)).toEqual([recorded(4, 3), becameVip]);
  });

  it('counts a canceled one no longer, whatever is told of it afterwards', () => {
    const anna = given(bought(1, 2), (each) => each.canceled(2));
    expect([...anna.paid(2), ...anna.canceled(2)]).toEqual([]);
    expect(anna.state.purchases).toBe(1);
  });
});

describe('a VIP', () => {
  const vip = () => given(registered, bought(1, 2, 3));

  it('stays one when every order is canceled', () => {
    const anna = vip();
    expect([...anna.canceled(1), ...anna.canceled(2), ...anna.canceled(3)]).toEqual([
      revoked(1, 2),
      revoked(2, 1),
      revoked(3, 0),
    ]);
    expect(anna.state.vipSince).toEqual(NOW);
  });

  it('becomes none a second time', () => {
    const anna = vip();
    expect([...anna.canceled(1), ...anna.paid(4)]).toEqual([revoked(1, 2), recorded(4, 3)]);
  });

  it('keeps the purchases and the status when their data are erased', () => {
    const anna = vip();
    expect(erased(anna)).toEqual([new CustomerErased({ customerId: ANNA, erasedAt: NOW })]);
    expect(anna.state).toMatchObject({ id: ANNA, profile: null, purchases: 3, vipSince: NOW, erasedAt: NOW });
  });
});

describe('an erased customer', () => {
  it('is erased anew, since others may have learned something', () => {
    expect(given(registered, erased).when((anna) => anna.erase(LATER))).toEqual([
      new CustomerErased({ customerId: ANNA, erasedAt: LATER }),
    ]);
  });

  it('still has purchases counted', () => {
    expect(given(bought(1, 2), erased).paid(3)).toEqual([recorded(3, 3), becameVip]);
  });

  it('may come back', () => {
    const anna = given(registered, erased, registered);
    expect(anna.state).toMatchObject({ profile, erasedAt: null });
  });
});
