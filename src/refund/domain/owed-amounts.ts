export interface Owed {
  /** In minor units of the order's currency, which is that of all its payments. */
  readonly amount: number;
  readonly cancellationId?: string;
}

/** What the customer owes for each order. Each verb locks the order's row. */
export abstract class OwedAmounts {
  /** The amount of a new order; a cancellation that was heard of first stays. */
  abstract open(orderId: string, amount: number): Promise<Owed>;
  /** Nothing is owed any more; of several cancellations the first stays. */
  abstract cancel(orderId: string, cancellationId: string): Promise<Owed>;
  /** Undefined while nothing is known of the order. */
  abstract lock(orderId: string): Promise<Owed | undefined>;
}
