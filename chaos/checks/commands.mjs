import { groupBy, UnreadableHistory } from '../history.mjs';
import { none } from '../row.mjs';
import { toldFacts } from './facts.mjs';

/**
 * For each kind of request: `missing` says what the log, or a table, lacks of what a client was told, and `effect` names
 * what one event of it did, so that a request that was carried out twice has two.
 */
const OPERATIONS = {
  place: {
    missing: ({ subject, told }, { facts }) => missingOrder(subject, told, facts.get(`order.placed ${told.orderId}`)),
    effect: { 'order.placed': ({ orderId }) => orderId },
  },
  cancel: {
    missing: ({ subject, told }, { facts }) =>
      missingCancellation(subject, told, facts.get(`cancellation ${told.cancellationId}`)),
    effect: {
      'order.canceled': ({ cancellationId }) => cancellationId,
      'order.lines-canceled': ({ cancellationId }) => cancellationId,
    },
  },
  pay: { missing: ({ told }, { payments }) => !payments.has(told.paymentId) && `payment ${told.paymentId}` },
  capture: { missing: ({ subject }, { captured }) => missingCapture(subject, captured.get(subject.intentId)) },
  ship: { missing: ({ subject: { orderId } }, { facts }) => lacks(facts, `order.shipped ${orderId}`) },
  deliver: { missing: ({ subject: { orderId } }, { facts }) => lacks(facts, `order.delivered ${orderId}`) },
  refund: {
    missing: ({ subject, told }, { facts }) => missingRefund(subject, told, facts.get(`refund ${told.refundId}`)),
    effect: { 'refund.requested': ({ refundId }) => refundId },
  },
  register: { missing: ({ subject }, { facts }) => lacks(facts, `customer.registered ${subject.customerId}`) },
  define: { missing: ({ subject: { sku } }, { facts }) => lacks(facts, `product.defined ${sku}`) },
  batch: { missing: ({ subject: { ref } }, { facts }) => lacks(facts, `product.batch-created ${ref}`) },
  resize: { missing: ({ subject: s }, { facts }) => lacks(facts, `batch ${s.ref} of ${s.quantity}`) },
  receive: { missing: ({ subject: { ref } }, { facts }) => lacks(facts, `product.batch-received ${ref}`) },
  read: { missing: () => false },
};

/**
 * An answer 2xx is a promise, an answer 4xx says that nothing happened, and whoever got neither knows nothing.
 *
 * @param {import('../history.mjs').History} history
 */
export function commandRows(history) {
  const unknown = history.requests.find(({ op }) => !OPERATIONS[op]);
  if (unknown) throw new UnreadableHistory(`Request ${unknown.id} is a "${unknown.op}", which nobody knows.`);
  const commands = history.requests.filter(({ op }) => op !== 'read');
  const effects = groupBy(history.log, ({ headers }) => headers?.correlationId);
  return [acknowledged(history, commands), twice(commands, effects), refused(commands, effects)];
}

function acknowledged(history, commands) {
  const known = {
    facts: toldFacts(history),
    payments: new Set(history.tables.payments.map(({ id }) => id)),
    captured: capturesByIntent(history),
  };
  const answers = commands.flatMap(({ id, op, subject, attempts }) =>
    attempts.filter(isPromise).map(({ told = {} }) => ({ id, op, subject, told })),
  );
  const violations = answers.flatMap((answer) => {
    const missing = OPERATIONS[answer.op].missing(answer, known);
    return missing ? [`${answer.op} ${answer.id} was acknowledged: ${missing} is not there`] : [];
  });
  const unanswered = commands.filter(({ attempts }) => attempts.every(({ status }) => status === undefined)).length;
  return none('commands.missing', 'acknowledged commands that are not in the log', {
    of: answers.length,
    violations,
    also: `${unanswered} never answered`,
    essential: true,
  });
}

/** Repeats with the same idempotency key are one request. */
function twice(commands, effects) {
  const idempotent = commands.filter(({ op }) => OPERATIONS[op].effect);
  const violations = idempotent.flatMap(({ id, op, attempts }) => {
    const { effect } = OPERATIONS[op];
    const events = attempts.flatMap((attempt) => effects.get(attempt.id) ?? []);
    const done = new Set(events.flatMap(({ type, payload }) => effect[type]?.(payload) ?? []));
    return done.size > 1 ? [`${op} ${id} was carried out ${done.size} times: ${[...done].join(', ')}`] : [];
  });
  const repeated = idempotent.filter(({ attempts }) => attempts.length > 1).length;
  const also = `${repeated} were repeated`;
  return none('commands.twice', 'requests carried out more than once', { of: idempotent.length, violations, also });
}

function refused(commands, effects) {
  const refusals = commands.flatMap(({ id, op, attempts }) =>
    attempts.filter(({ status }) => status >= 400 && status < 500).map((attempt) => ({ ...attempt, request: id, op })),
  );
  const violations = refusals.flatMap(({ id, request, op, status, code }) => {
    const [event] = effects.get(id) ?? [];
    const refusal = `${op} ${request} was refused with ${status} ${code ?? ''}`.trim();
    return event ? [`${refusal}, and led to ${event.type} at position ${event.position}`] : [];
  });
  return none('commands.refused', 'refused requests that changed something', { of: refusals.length, violations });
}

const isPromise = ({ status }) => status >= 200 && status < 300;

const lacks = (facts, key) => !facts.has(key) && key;

function missingOrder({ customerId, lines }, { orderId, total }, placed) {
  if (!placed) return `order ${orderId}`;
  const { payload } = placed;
  const same =
    payload.customerId === customerId && payload.total.amount === total && sameUnits(payload.lines, lines, 'sku');
  return !same && `order ${orderId} as it was told`;
}

function missingCancellation({ lines }, { cancellationId }, event) {
  if (!event) return `cancellation ${cancellationId}`;
  return lines && !sameUnits(event.payload.lines, lines, 'lineId') && `cancellation ${cancellationId} of these lines`;
}

function missingRefund({ amount }, { refundId }, event) {
  return event?.payload.amount.amount !== amount && `refund ${refundId} of ${amount}`;
}

function missingCapture({ intentId, amount }, event) {
  return event?.payload.amount.amount !== amount && `the capture ${intentId} of ${amount}`;
}

function capturesByIntent(history) {
  const intents = new Map(history.tables.payments.map((payment) => [payment.id, payment.gateway_payment_id]));
  const captures = history.events('payment.captured');
  return new Map(captures.map((event) => [intents.get(event.payload.paymentId), event]));
}

function sameUnits(some, others, name) {
  const units = (lines) =>
    lines
      .map((line) => `${line[name]} ${line.quantity}`)
      .toSorted()
      .join();
  return units(some) === units(others);
}
