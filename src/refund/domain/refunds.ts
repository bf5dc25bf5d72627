import { type OpenRefund } from './replacement.js';
import { type Refund } from './refund.js';

export abstract class Refunds {
  abstract add(refund: Refund): Promise<void>;
  /** As it is now, without a lock. */
  abstract get(id: string): Promise<Refund>;
  /** Undefined where the id is no refund's; else as {@link get}. */
  abstract find(id: string): Promise<Refund | undefined>;
  /** The id of the refund that the gateway calls so. */
  abstract named(gateway: string, gatewayRefundId: string): Promise<string | undefined>;
  /** Locks those of a payment that have not come to their end; oldest first. */
  abstract lockOpen(paymentId: string): Promise<readonly OpenRefund[]>;
  abstract change<R>(id: string, decide: (refund: Refund) => R | Promise<R>): Promise<R>;
}
