import type { Caller } from '../../access/index.js';
import { DomainError } from '../../kernel/domain-error.js';
import type { CancellationReason } from '../contract/events.js';

/** The customer whose orders the caller is limited to, if any. */
export function ownerFor(caller: Caller): string | undefined {
  return caller.role === 'customer' ? caller.id : undefined;
}

export function mayOrderFor(caller: Caller, customerId: string): void {
  if ((ownerFor(caller) ?? customerId) === customerId) return;
  throw new DomainError('CUSTOMER_NOT_CALLER', 'forbidden', 'Customers order for themselves only.');
}

export function mayGiveReason(caller: Caller, reason: CancellationReason): void {
  if (caller.role !== 'customer' || reason === 'customer') return;
  throw new DomainError('REASON_NOT_ALLOWED', 'forbidden', 'Customers give the reason `customer` only.');
}
