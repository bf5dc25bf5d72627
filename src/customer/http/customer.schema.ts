import { z } from 'zod';

/** As an issuer's tokens may name a customer; orders take at most 100 characters. */
export const customerId = z.string().regex(/^[\x21-\x7e]{1,100}$/);

const email = z.email().max(254);
const name = z.string().trim().min(1).max(100);
const phone = z.string().trim().min(3).max(40);

export const registerCustomerRequest = z.strictObject({
  id: customerId.optional().meta({ description: 'Customers may give their own only. Made here by default.' }),
  email: email.meta({ description: 'Not used by another customer, in whatever case.' }),
  firstName: name.meta({ description: 'How the customer is addressed.' }),
  lastName: name.nullable().default(null),
  phone: phone.nullable().default(null),
});
export type RegisterCustomerRequest = z.output<typeof registerCustomerRequest>;

export const updateCustomerRequest = z.strictObject({
  email: email.optional(),
  firstName: name.optional(),
  lastName: name.nullable().optional(),
  phone: phone.nullable().optional(),
});
export type UpdateCustomerRequest = z.output<typeof updateCustomerRequest>;

const limit = z.coerce.number().int().min(1).max(100).default(20);

export const listCustomersQuery = z.strictObject({
  email: email.optional().meta({ description: 'In whatever case.' }),
  cursor: customerId.optional().meta({ description: 'nextCursor of the page before.' }),
  limit,
});
export type ListCustomersQuery = z.output<typeof listCustomersQuery>;

export const listPurchasesQuery = z.strictObject({
  cursor: z.uuid().optional().meta({ description: 'nextCursor of the page before.' }),
  limit,
});
export type ListPurchasesQuery = z.output<typeof listPurchasesQuery>;
