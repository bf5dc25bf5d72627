import { type Refund } from './refund.js';

export abstract class Refunds {
  abstract add(refund: Refund): Promise<void>;
  abstract change<R>(id: string, decide: (refund: Refund) => R | Promise<R>): Promise<R>;
}
