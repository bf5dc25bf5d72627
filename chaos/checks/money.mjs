import { groupBy } from '../history.mjs';
import { none } from '../row.mjs';

const sum = (items, valueOf) => items.reduce((total, item) => total + valueOf(item), 0);

/** Money that is with the customer, or on its way there. */
const isLive = ({ status }) => status !== 'failed';

/**
 * The gateway's book against what the log says is due. The book is what happened; our tables are not asked.
 *
 * @param {import('../history.mjs').History} history
 */
export function moneyRows(history) {
  const ledger = ledgerOf(history);
  const canceled = ledger.filter((order) => order.canceled && order.captured > 0);
  const others = ledger.filter((order) => !order.canceled && (order.captured > 0 || order.back > 0));
  return [
    none('money.canceled', 'canceled orders without exactly their refund at the gateway', {
      of: canceled.length,
      ...judged(canceled),
    }),
    none('money.others', 'other orders with a wrong sum of refunds', { of: others.length, ...judged(others) }),
    refundedTwice(history),
    aboveCaptured(history.gateway),
    capturesUntold(history),
  ];
}

/** For each placed order: what came in, what must go back, and what went back. */
function ledgerOf(history) {
  const { intents, refunds } = history.gateway;
  const intentsOf = groupBy(intents.filter(isCaptured), ({ metadata }) => metadata?.orderId);
  const backOf = groupBy(refunds.filter(isLive), (refund) => refund.payment_intent);
  const owed = owedAmounts(history);
  const waiting = refundsOfPeople(history);
  return history.events('order.placed').map(({ payload: { orderId } }) => {
    const paid = intentsOf.get(orderId) ?? [];
    const captured = sum(paid, (intent) => intent.amount_received - disputed(history.gateway, intent));
    const back = sum(paid, ({ id }) => sum(backOf.get(id) ?? [], ({ amount }) => amount));
    const due = Math.max(0, captured - owed.get(orderId).amount);
    return { orderId, captured, back, due, canceled: owed.get(orderId).canceled, waiting: waiting.get(orderId) ?? 0 };
  });
}

/** What we may keep: the total, less what was canceled, less what operators gave back and did not take back again. */
function owedAmounts(history) {
  const owed = new Map();
  for (const { payload } of history.events('order.placed'))
    owed.set(payload.orderId, { amount: payload.total.amount, canceled: false });
  const lower = (orderId, amount) => owed.has(orderId) && (owed.get(orderId).amount -= amount);
  for (const { payload } of history.events('order.lines-canceled')) lower(payload.orderId, payload.amount.amount);
  for (const { payload } of history.events('refund.requested')) {
    if (payload.reason === 'operator' && payload.generation === 1) lower(payload.orderId, payload.amount.amount);
  }
  for (const { payload } of history.events('refund.canceled')) lower(payload.orderId, -payload.amount.amount);
  for (const { payload } of history.events('order.canceled')) {
    const kept = sum(canceledRefunds(history, payload.orderId), ({ amount }) => amount.amount);
    owed.set(payload.orderId, { amount: kept, canceled: true });
  }
  for (const each of owed.values()) each.amount = Math.max(0, each.amount);
  return owed;
}

function canceledRefunds(history, orderId) {
  const canceled = history.events('refund.canceled').map(({ payload }) => payload);
  return canceled.filter((refund) => refund.orderId === orderId);
}

/** Sums of refunds that a person must look at: they are due, and the gateway doesn't have them. */
function refundsOfPeople({ tables, gateway }) {
  const live = new Set(gateway.refunds.filter(isLive).map(({ metadata }) => metadata?.refundId));
  const waiting = tables.refunds.filter(({ id, attention, status }) => isLeft(status, attention) && !live.has(id));
  const sums = new Map();
  for (const { order_id: id, amount } of waiting) sums.set(id, (sums.get(id) ?? 0) + Number(amount));
  return sums;
}

/** `resolved`: paid back in another way. */
const isLeft = (status, attention) => status === 'resolved' || (attention !== null && status !== 'canceled');

function judged(orders) {
  const wrong = orders.filter(({ back, due, waiting }) => back + waiting !== due);
  const violations = wrong.map(
    ({ orderId, captured, back, due }) =>
      `order ${orderId}: of ${captured} captured ${due} is due, and ${back} went back`,
  );
  const left = orders.filter(({ waiting }) => waiting > 0).length;
  return { violations, also: left > 0 ? `${left} wait for a person` : undefined };
}

/** Each refund of ours is at most one at the gateway, of its amount, and the gateway has none that we don't know. */
function refundedTwice(history) {
  const asked = new Map(history.events('refund.requested').map(({ payload }) => [payload.refundId, payload]));
  const refunds = history.gateway.refunds.filter(isLive);
  const violations = [...groupBy(refunds, ({ id, metadata }) => metadata?.refundId ?? id)].flatMap(([id, same]) => {
    if (!asked.has(id)) return [`${same[0].id} at the gateway is no refund of ours`];
    if (same.length > 1)
      return [`refund ${id} is ${same.length} refunds at the gateway: ${same.map((each) => each.id)}`];
    const { amount } = asked.get(id).amount;
    return same[0].amount === amount ? [] : [`refund ${id} of ${amount} is ${same[0].amount} at the gateway`];
  });
  return none('money.twice', 'refunds that the gateway has twice, otherwise or alone', {
    of: refunds.length,
    violations,
  });
}

function aboveCaptured({ intents, refunds }) {
  const backOf = groupBy(refunds.filter(isLive), (refund) => refund.payment_intent);
  const violations = [...backOf].flatMap(([id, back]) => {
    const captured = intents.find((intent) => intent.id === id)?.amount_received ?? 0;
    const total = sum(back, ({ amount }) => amount);
    return total > captured ? [`${total} of ${id} went back, and ${captured} was captured`] : [];
  });
  return none('money.above', 'payments refunded above what was captured', { of: backOf.size, violations });
}

/** Money that came in must be known, once and of its amount. */
function capturesUntold(history) {
  const payments = groupBy(history.tables.payments, (payment) => payment.gateway_payment_id);
  const told = groupBy(history.events('payment.captured', 'payment.unmatched'), ({ payload }) => payload.paymentId);
  const captured = history.gateway.intents.filter(isCaptured);
  const violations = captured.flatMap(({ id, amount_received: amount }) => {
    const events = (payments.get(id) ?? []).flatMap((payment) => told.get(payment.id) ?? []);
    const amounts = events.map(({ payload }) => payload.amount.amount);
    if (amounts.length === 1 && amounts[0] === amount) return [];
    return [`${amount} was captured as ${id}, and the log has ${amounts.join(' and ') || 'nothing'} of it`];
  });
  return none('money.untold', 'captures at the gateway that the log lacks, or has otherwise', {
    of: captured.length,
    violations,
  });
}

const isCaptured = ({ status }) => status === 'succeeded';

/** What the bank took back counts as gone. */
function disputed({ disputes }, intent) {
  const open = disputes.filter(({ payment_intent: id, status }) => id === intent.id && status !== 'won');
  return sum(open, ({ amount }) => amount);
}
