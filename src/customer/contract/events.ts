import { z } from 'zod';
import { Fields, instant, Message } from '../../messaging/index.js';

const customer = { customerId: z.string() };
const purchase = { ...customer, orderId: z.uuid() };

@Message<CustomerRegistered>('customer.registered', {
  personal: { subject: (e) => e.customerId, fields: ['email', 'firstName'] },
})
export class CustomerRegistered extends Fields({
  ...customer,
  /** Absent once they are erased. */
  email: z.string().optional(),
  firstName: z.string().optional(),
  registeredAt: instant,
}) {}

/** A paid order counts, once. `purchases` is how many count now. */
@Message('customer.purchase-recorded')
export class PurchaseRecorded extends Fields({ ...purchase, purchases: z.int().positive(), recordedAt: instant }) {}

/** A canceled order counts no longer. */
@Message('customer.purchase-revoked')
export class PurchaseRevoked extends Fields({ ...purchase, purchases: z.int().nonnegative(), revokedAt: instant }) {}

/** Once, and for good: from now on the customer's orders get the offer. */
@Message('customer.became-vip')
export class CustomerBecameVip extends Fields({ ...customer, vipSince: instant }) {}

/** Every module removes what it knows of the person, and keeps its books. */
@Message('customer.erased')
export class CustomerErased extends Fields({ ...customer, erasedAt: instant }) {}
