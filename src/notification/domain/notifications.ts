import type { Notification } from './notification.js';

export abstract class Notifications {
  /** False where a notification with its dedupe key exists: then nothing is stored. */
  abstract addOnce(notification: Notification): Promise<boolean>;
  /** As it is now, without a lock. */
  abstract get(id: string): Promise<Notification>;
  abstract change<R>(id: string, decide: (notification: Notification) => R | Promise<R>): Promise<R>;
  /**
   * Until the end of the unit of work nobody else writes to this customer or erases them. To be held before the contact
   * is read: else a mail could be stored, with a name and an address, after the erasure has gone by.
   */
  abstract lockCustomer(customerId: string): Promise<void>;
  /** Removes recipient, content and what servers said of it; what was still to be sent fails. */
  abstract eraseCustomer(customerId: string, erasedAt: Date): Promise<void>;
}
