import { type Caller, ownerFor } from '../../access/index.js';
import { DomainError } from '../../kernel/domain-error.js';
import type { CancellationReason } from '../contract/events.js';

export function mayOrderFor(caller: Caller, customerId: string): void {
  if ((ownerFor(caller) ?? customerId) === customerId) return;
  throw new DomainError('CUSTOMER_NOT_CALLER', 'forbidden', 'Customers order for themselves only.');
}

export function mayGiveReason(caller: Caller, reason: CancellationReason): void {
  if (caller.role !== 'customer' || reason === 'customer') return;
  throw new DomainError('REASON_NOT_ALLOWED', 'forbidden', 'Customers give the reason `customer` only.');
}
