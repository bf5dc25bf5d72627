import { Logger } from '@nestjs/common';
import type { AppConfig } from '../../app.config.js';
import { Carrier, type ShippingInstruction } from '../domain/carrier.js';
import { HttpCarrier } from './http-carrier.js';

/** Where no carrier is set up nobody is told; the parcel's label is printed from the order. */
class NoCarrier extends Carrier {
  readonly #logger = new Logger('carrier');

  async updateShippingInfo({ orderId }: ShippingInstruction): Promise<void> {
    this.#logger.debug(`CARRIER_URL is not set: nobody is told where order ${orderId} goes to now`);
  }
}

export function openCarrier({ carrierUrl: url, carrierTimeoutMs: timeout }: AppConfig): Carrier {
  return url === undefined ? new NoCarrier() : new HttpCarrier({ url, timeout });
}
