import type { ShippingInfo } from '../contract/events.js';

export interface ShippingInstruction {
  readonly orderId: string;
  readonly shippingInfo: ShippingInfo;
  /** Of the request: the same for each attempt to pass on one change. */
  readonly idempotencyKey: string;
}

/** Who brings the parcels, and must know where to. */
export abstract class Carrier {
  /** Replaces what the carrier knows; repeating it does no harm. Throws where the carrier did not take it. */
  abstract updateShippingInfo(instruction: ShippingInstruction, signal?: AbortSignal): Promise<void>;
}
