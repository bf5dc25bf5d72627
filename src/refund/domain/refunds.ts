import { type Refund } from './refund.js';

export abstract class Refunds {
  abstract add(refund: Refund): Promise<void>;
  /** As it is now, without a lock. */
  abstract get(id: string): Promise<Refund>;
  abstract change<R>(id: string, decide: (refund: Refund) => R | Promise<R>): Promise<R>;
}
