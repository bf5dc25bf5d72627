import { type Owed } from './owed.js';

/** What is owed for each order. Whoever decides about an order's money locks its row first. */
export abstract class OwedAmounts {
  /** Locks the order's row, also of an order that isn't heard of yet, and stores what it becomes. */
  abstract change(orderId: string, decide: (owed: Owed) => Owed): Promise<Owed>;
}
