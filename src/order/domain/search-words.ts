import type { OrderState } from './order.state.js';

/** Whole words, however they are written: case and width make no difference. */
export function wordsIn(text: string): readonly string[] {
  const words = text
    .normalize('NFKC')
    .toLowerCase()
    .split(/[\s,]+/);
  return words.filter((word) => word !== '');
}

type Findable = Pick<OrderState, 'id' | 'customerId' | 'lines' | 'shippingInfo' | 'shipment'>;

/** What an order is found by: its id, its customer's, its skus, its parcel's number, and the receiver's name and city. */
export function searchWordsOf({ id, customerId, lines, shippingInfo, shipment }: Findable): readonly string[] {
  const { receiver, address } = shippingInfo;
  const texts = [id, customerId, ...lines.map(({ sku }) => sku), receiver.name, address.city];
  if (shipment) texts.push(shipment.trackingNumber);
  return [...new Set(texts.flatMap(wordsIn))];
}
