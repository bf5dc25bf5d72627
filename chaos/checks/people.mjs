import { groupBy } from '../history.mjs';
import { none } from '../row.mjs';

/** So many purchases that count make a VIP. */
const PURCHASES_OF_A_VIP = 3;

/** What customers are counted for. @param {import('../history.mjs').History} history */
export function peopleRows(history) {
  return [purchases(history), vips(history)];
}

/** An order that was paid counts once; not yet, where the message is held. */
function purchases(history) {
  const counted = groupBy(history.events('customer.purchase-recorded'), ({ payload }) => payload.orderId);
  const held = history.heldBy('customer.purchase-history');
  const paid = history.events('order.paid').filter(({ position }) => !held.has(position));
  const violations = paid.flatMap(({ payload: { orderId } }) => {
    const times = counted.get(orderId)?.length ?? 0;
    return times === 1 ? [] : [`order ${orderId} was paid, and counted ${times} times as a purchase`];
  });
  return none('people.purchases', 'paid orders not counted once as a purchase', { of: paid.length, violations });
}

/** Raised once, by the third purchase that counts. */
function vips(history) {
  const raised = groupBy(history.events('customer.became-vip'), ({ payload }) => payload.customerId);
  const due = history
    .events('customer.purchase-recorded')
    .filter(({ payload }) => payload.purchases >= PURCHASES_OF_A_VIP)
    .map(({ payload }) => payload.customerId);
  const customers = new Set([...raised.keys(), ...due]);
  const violations = [...customers].flatMap((customer) => {
    const times = raised.get(customer)?.length ?? 0;
    return times === 1 ? [] : [`customer ${customer} became VIP ${times} times`];
  });
  return none('people.vips', 'VIPs raised twice, or not', { of: customers.size, violations });
}
