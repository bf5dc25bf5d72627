import { Customer } from '../../../src/customer/domain/customer.js';
import type { CustomerState, Profile, Purchase } from '../../../src/customer/domain/customer.state.js';
import type { Money } from '../../../src/kernel/money.js';

export const NOW = new Date('2026-03-01T12:00:00.000Z');
export const LATER = new Date('2026-03-02T12:00:00.000Z');
export const ANNA = 'anna';

export const profile: Profile = { email: 'anna@example.com', firstName: 'Anna', lastName: null, phone: null };

export const eur = (amount: number): Money => ({ amount, currency: 'EUR' });
export const orderId = (n: number): string => `0195a000-0000-7000-8000-${String(n).padStart(12, '0')}`;

const heardOf: CustomerState = {
  id: ANNA,
  version: 0,
  profile: null,
  purchases: 0,
  purchase: null,
  vipSince: null,
  firstSeenAt: NOW,
  registeredAt: null,
  erasedAt: null,
};

/** A customer with the whole history; each step sees the purchase of its order only, as when it is loaded for it. */
export class KnownCustomer {
  #state = heardOf;
  readonly #purchases = new Map<string, Purchase>();

  get state(): CustomerState {
    return this.#state;
  }

  get history(): readonly Purchase[] {
    return [...this.#purchases.values()];
  }

  /** Answers the events of one step. */
  when(step: (customer: Customer) => unknown, ofOrder?: number): object[] {
    const purchase = (ofOrder && this.#purchases.get(orderId(ofOrder))) || null;
    const customer = Customer.from({ ...this.#state, purchase });
    step(customer);
    this.#state = { ...customer.state, purchase: null };
    if (customer.state.purchase) this.#purchases.set(customer.state.purchase.orderId, customer.state.purchase);
    return customer.getUncommittedEvents();
  }

  paid(n: number, amount = 1_000): object[] {
    return this.when((customer) => {
      customer.recordPurchase({ orderId: orderId(n), total: eur(amount), paidAt: NOW }, NOW);
    }, n);
  }

  canceled(n: number): object[] {
    return this.when((customer) => customer.revokePurchase(NOW, LATER), n);
  }
}

export function given(...steps: readonly ((customer: KnownCustomer) => unknown)[]): KnownCustomer {
  const customer = new KnownCustomer();
  for (const step of steps) step(customer);
  return customer;
}

export const registered = (customer: KnownCustomer) => customer.when((each) => each.register(profile, NOW));
export const bought =
  (...orders: readonly number[]) =>
  (customer: KnownCustomer) =>
    orders.map((n) => customer.paid(n));
export const erased = (customer: KnownCustomer) => customer.when((each) => each.erase(NOW));
