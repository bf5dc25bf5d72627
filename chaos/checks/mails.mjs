import { groupBy } from '../history.mjs';
import { none } from '../row.mjs';

const CONSUMER = 'notification.mails';
const CONGRATULATION = /^Congratulations /;
/** As the service makes them: the mail's id, and its edition, which is another only where a person resends it. */
const MESSAGE_ID = /^<(?<notification>[0-9a-f-]{36})\.\d+@/;

/** Events after which the customer must be written to, with the cause by which a mail is written once. */
const CAUSES = {
  'order.placed': ({ orderId }) => `order-received:${orderId}`,
  'order.paid': ({ orderId }) => `payment-receipt:${orderId}`,
  'order.canceled': ({ cancellationId }) => `order-canceled:${cancellationId}`,
  'order.lines-canceled': ({ cancellationId }) => `order-canceled:${cancellationId}`,
  'order.shipped': ({ orderId }) => `order-shipped:${orderId}`,
  'customer.became-vip': ({ customerId }) => `vip:${customerId}`,
};

/** What customers are told. @param {import('../history.mjs').History} history */
export function mailRows(history) {
  return [congratulations(history), several(history), unwritten(history), lost(history)];
}

/** A mail that is sent again carries its Message-ID, by which the recipient's mail program drops it. */
function congratulations({ mailbox }) {
  const mails = mailbox.filter(({ subject }) => CONGRATULATION.test(subject));
  const byRecipient = groupBy(mails, ({ to }) => to);
  const violations = [...byRecipient].flatMap(([to, received]) => {
    const ids = distinct(received);
    return ids.length > 1 ? [`${to} was congratulated as ${ids.join(' and ')}`] : [];
  });
  const counted = { of: byRecipient.size, violations };
  return none('mails.congratulations', 'congratulations doubled (same Message-ID apart)', counted);
}

/** A cause has one row, and a row one Message-ID. */
function several({ mailbox, tables: { notifications } }) {
  const rows = new Map(notifications.map((row) => [row.id, row]));
  const sent = groupBy(mailbox, ({ messageId }) => MESSAGE_ID.exec(messageId)?.groups.notification);
  const violations = [...sent].flatMap(([id, mails]) => {
    const ids = distinct(mails);
    if (!rows.has(id)) return ids.map((messageId) => `${messageId} to ${mails[0].to} is of no cause`);
    return ids.length > 1 ? [`${rows.get(id).dedupe_key} was sent as ${ids.join(' and ')}`] : [];
  });
  const causes = [...groupBy(notifications, (row) => row.dedupe_key)].filter(([, same]) => same.length > 1);
  violations.push(...causes.map(([cause, same]) => `${cause} has ${same.length} mails`));
  return none('mails.several', 'mails with another Message-ID for the same cause, or of none', {
    of: sent.size,
    violations,
  });
}

/** Of customers whose address was known by then. */
function unwritten(history) {
  const known = new Map(
    history.events('customer.registered').map((event) => [event.payload.customerId, event.position]),
  );
  const start = history.tables.consumer.find(({ name }) => name === CONSUMER)?.start_position ?? Infinity;
  const held = history.heldBy(CONSUMER);
  const written = new Set(history.tables.notifications.map((row) => row.dedupe_key));
  const events = history.events(...Object.keys(CAUSES)).filter(({ position, payload: { customerId } }) => {
    return position > start && position > (known.get(customerId) ?? Infinity) && !held.has(position);
  });
  const violations = events
    .map(({ type, position, payload }) => ({ cause: CAUSES[type](payload), position }))
    .filter(({ cause }) => !written.has(cause))
    .map(({ cause, position }) => `${cause} was not written, after the event at position ${position}`);
  return none('mails.unwritten', 'events without their mail', { of: events.length, violations });
}

/** What the mail server is said to have taken must be there. */
function lost({ mailbox, tables }) {
  const taken = new Set(mailbox.map(({ messageId }) => messageId));
  const sent = tables.notifications.filter(({ status }) => status === 'sent');
  const violations = sent
    .filter((row) => !taken.has(row.message_id))
    .map((row) => `${row.dedupe_key} is sent as ${row.message_id}, which nobody received`);
  return none('mails.lost', 'mails said to be sent that nobody received', { of: sent.length, violations });
}

const distinct = (mails) => [...new Set(mails.map(({ messageId }) => messageId))];
