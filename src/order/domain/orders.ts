import type { Order } from './order.js';

/** Every order that was placed here. */
export abstract class Orders {
  abstract add(order: Order): Promise<void>;
  /** As it is now, without a lock: nothing may be decided on it that `change` doesn't check again. */
  abstract get(id: string): Promise<Order>;
  /** Of a customer's orders that were placed by then, oldest first. */
  abstract idsOf(customerId: string, placedBy: Date): Promise<readonly string[]>;
  /** @throws OrderNotFound */
  abstract change<R>(id: string, decide: (order: Order) => R | Promise<R>): Promise<R>;
  /** Does nothing for an unknown id: other teams allocate stock for orders of their own, under ids of their own. */
  abstract changeIfOurs(id: string, decide: (order: Order) => void): Promise<void>;
}
