import type { Caller } from '../../access/index.js';
import { DomainError } from '../../kernel/domain-error.js';
import { CustomerNotFound } from '../domain/customer.errors.js';

/** To a customer nobody else exists. */
export function mayConcern({ role, id }: Caller, customerId: string): void {
  if (role === 'customer' && id !== customerId) throw new CustomerNotFound(customerId);
}

/** The id that the caller may register: their own, or for an operator the one that is asked for. */
export function idToRegister({ role, id }: Caller, asked: string | undefined): string | undefined {
  if (role !== 'customer') return asked;
  if ((asked ?? id) === id) return id;
  throw new DomainError('CUSTOMER_NOT_CALLER', 'forbidden', 'Customers register themselves only.');
}
