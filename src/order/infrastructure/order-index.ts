import type { UnitOfWork } from '../../messaging/index.js';
import type { OrderState } from '../domain/order.state.js';
import { searchWordsOf } from '../domain/search-words.js';

/**
 * What lists find orders by, kept in the order's own transaction and under its lock: a projection that ran late could
 * bring back the words of a customer who was erased meanwhile.
 */
export function indexNew(unitOfWork: UnitOfWork, order: OrderState): void {
  const skus = [...new Set(order.lines.map(({ sku }) => sku))];
  unitOfWork.closeWith({
    name: 'orders.index',
    text: `with by_sku as (insert into orders.skus (sku, order_id) select sku, $1 from unnest($2::text[]) as sku)
           insert into orders.words (word, order_id) select word, $1 from unnest($3::text[]) as word`,
    values: [order.id, skus, searchWordsOf(order)],
  });
}

export function indexAgain(unitOfWork: UnitOfWork, order: OrderState, before: OrderState): void {
  if (order.shippingInfo === before.shippingInfo && order.shipment === before.shipment) return;
  const [then, now] = [searchWordsOf(before), searchWordsOf(order)];
  const gone = then.filter((word) => !now.includes(word));
  const added = now.filter((word) => !then.includes(word));
  if (gone.length + added.length === 0) return;
  unitOfWork.closeWith({
    name: 'orders.index-again',
    text: `with gone as (delete from orders.words where word = any ($2) and order_id = $1)
           insert into orders.words (word, order_id) select word, $1 from unnest($3::text[]) as word
           on conflict do nothing`,
    values: [order.id, gone, added],
  });
}
