import { Aggregate } from '../../kernel/aggregate.js';
import {
  CustomerBecameVip,
  CustomerErased,
  CustomerRegistered,
  PurchaseRecorded,
  PurchaseRevoked,
} from '../contract/events.js';
import { CustomerExists, CustomerNotRegistered } from './customer.errors.js';
import type { CustomerState, Profile, Purchase } from './customer.state.js';

/** So many purchases that count make a VIP. */
const PURCHASES_OF_A_VIP = 3;

export class Customer extends Aggregate<CustomerState> {
  readonly streamType = 'customer';

  static from(state: CustomerState): Customer {
    return new Customer(state);
  }

  private constructor(state: CustomerState) {
    super(state);
  }

  get streamId(): string {
    return this.state.id;
  }

  /** Answers whether it is new. One who bought before, or was erased, keeps what is in the books. */
  register(profile: Profile, now: Date): boolean {
    const { id: customerId, profile: known } = this.state;
    if (known && !isSame(known, profile)) throw new CustomerExists(customerId);
    if (known) return false;
    const { email, firstName } = profile;
    this.change(
      { profile, registeredAt: now, erasedAt: null },
      new CustomerRegistered({ customerId, email, firstName, registeredAt: now }),
    );
    return true;
  }

  update(patch: Partial<Profile>): void {
    const { id, profile } = this.state;
    if (!profile) throw new CustomerNotRegistered(id);
    const updated = { ...profile, ...patch };
    if (!isSame(profile, updated)) this.change({ profile: updated });
  }

  /** An order counts once, whatever is told of it later. */
  recordPurchase(paid: Omit<Purchase, 'canceledAt'>, now: Date): void {
    const { id: customerId, purchase, vipSince } = this.state;
    if (purchase) return;
    const { orderId } = paid;
    const purchases = this.state.purchases + 1;
    this.change(
      { purchases, purchase: { ...paid, canceledAt: null } },
      new PurchaseRecorded({ customerId, orderId, purchases, recordedAt: now }),
    );
    if (vipSince || purchases < PURCHASES_OF_A_VIP) return;
    this.change({ vipSince: now }, new CustomerBecameVip({ customerId, vipSince: now }));
  }

  /** An order that was never paid is none of its business. VIP is never taken back. */
  revokePurchase(canceledAt: Date, now: Date): void {
    const { id: customerId, purchase } = this.state;
    if (!purchase || purchase.canceledAt) return;
    const { orderId } = purchase;
    const purchases = this.state.purchases - 1;
    this.change(
      { purchases, purchase: { ...purchase, canceledAt } },
      new PurchaseRevoked({ customerId, orderId, purchases, revokedAt: now }),
    );
  }

  /** Each time anew: the others may have learned something since. The id, the purchases and `vipSince` stay. */
  erase(now: Date): void {
    this.change({ profile: null, erasedAt: now }, new CustomerErased({ customerId: this.state.id, erasedAt: now }));
  }
}

function isSame(a: Profile, b: Profile): boolean {
  return a.email === b.email && a.firstName === b.firstName && a.lastName === b.lastName && a.phone === b.phone;
}
