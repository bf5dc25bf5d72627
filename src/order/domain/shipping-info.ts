import type { ShippingInfo } from '../contract/events.js';

const ERASED = 'erased';

/** What is kept of where an order went, once its customer's data are erased: the country, which the books need. */
export function erasedShippingInfo({ address }: ShippingInfo): ShippingInfo {
  return {
    receiver: { name: ERASED, phone: ERASED },
    address: { line1: ERASED, city: ERASED, postalCode: ERASED, country: address.country },
  };
}

export function isSameShippingInfo(a: ShippingInfo, b: ShippingInfo): boolean {
  const others = valuesOf(b);
  return valuesOf(a).every((value, i) => value === others[i]);
}

function valuesOf({ receiver, address, message }: ShippingInfo) {
  const { line1, line2, city, postalCode, country } = address;
  return [receiver.name, receiver.phone, line1, line2, city, postalCode, country, message];
}
