import type { Customer } from './customer.js';

/** Which part of a customer a decision needs. */
export interface CustomerSelection {
  readonly id: string;
  /** Loads the purchase of this order, if there is one. */
  readonly orderId?: string;
  /** Makes an unknown customer known since then; else they are `CustomerNotFound`. */
  readonly orNewAt?: Date;
}

/** Everybody who registered, bought something, or was erased. */
export abstract class Customers {
  abstract change<R>(selection: CustomerSelection, decide: (customer: Customer) => R | Promise<R>): Promise<R>;
  /** Does nothing for an unknown customer. */
  abstract changeIfKnown(selection: CustomerSelection, decide: (customer: Customer) => void): Promise<void>;
}
