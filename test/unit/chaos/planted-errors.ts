import type { RunRecord } from '../../../chaos/history.mjs';
import { lineOf, orderId, uuid } from './recorded-run.js';

type Row = Record<string, any>;

/** An error of the system, as it would show in a record; `says` is what the checker must say of it. */
export interface PlantedError {
  readonly error: string;
  readonly rows: readonly string[];
  readonly says: string | RegExp;
  readonly plant: (record: RunRecord) => void;
}

const planted = (row: string | string[], error: string, says: string | RegExp, plant: PlantedError['plant']) => {
  return { rows: [row].flat(), error, says, plant };
};

const NOBODY = uuid('9', 9);
const find = (rows: Row[], values: Row): Row =>
  rows.find((row) => Object.entries(values).every(([name, value]) => row[name] === value))!;
const remove = (rows: Row[], values: Row): void => void rows.splice(rows.indexOf(find(rows, values)), 1);
const eventOf = (record: RunRecord, type: string, n = 0): Row => record.log.filter((event) => event.type === type)[n]!;
const orderIn = ({ tables }: RunRecord, n: number): Row => find(tables.orders!, { id: orderId(n) });
const lineIn = ({ tables }: RunRecord, n: number): Row => find(tables.lines!, { line_id: lineOf(orderId(n)) });
const refundsAt = ({ gateway }: RunRecord): Row[] => gateway.refunds;

function acknowledge({ clients }: RunRecord, op: string, subject: Row, told?: Row): void {
  const attempt = uuid('9', clients.length);
  clients.push({ kind: 'sent', request: `x-${clients.length}`, attempt, op, subject });
  clients.push({ kind: 'answered', attempt, status: 201, told });
}

/** At the end of the log, and handled by everybody. */
function append(record: RunRecord, event: Row): void {
  const position = record.log.length + 1;
  const appended = {
    stream_type: null,
    stream_id: null,
    stream_version: null,
    headers: {},
    event_id: uuid('8', position),
  };
  record.log.push({ ...appended, ...event, position });
  const { event_id: eventId } = record.log.at(-1)!;
  if (record.log.slice(0, -1).some(({ event_id: id }) => id === eventId)) return;
  for (const consumer of ['chaos.witness', 'chaos.witness-batched'])
    record.effects.push({
      seq: record.effects.length + 1,
      consumer,
      event_id: eventId,
      position,
      instance: 'instance-1',
    });
  record.tables.timeline!.push({ event_id: eventId, position });
}

const again = (record: RunRecord, type: string, payload: Row = {}): void =>
  append(record, { type, payload: { ...eventOf(record, type).payload, ...payload } });

const commands: PlantedError[] = [
  planted('commands.missing', 'an order was acknowledged and is gone', `order ${NOBODY}`, (record) =>
    acknowledge(record, 'place', { customerId: 'anna', lines: [] }, { orderId: NOBODY, total: 100 }),
  ),
  planted('commands.missing', 'an order was acknowledged with another total', 'as it was told', (record) => {
    find(record.clients, { kind: 'answered', attempt: eventOf(record, 'order.placed').headers.correlationId }).told
      .total++;
  }),
  planted('commands.missing', 'a cancellation was acknowledged and is gone', `cancellation ${NOBODY}`, (record) =>
    acknowledge(record, 'cancel', { orderId: orderId(1) }, { cancellationId: NOBODY }),
  ),
  planted('commands.missing', 'other units were canceled than acknowledged', 'of these lines', (record) => {
    const { correlationId: attempt } = eventOf(record, 'order.lines-canceled').headers;
    find(record.clients, { kind: 'sent', attempt }).subject.lines[0].quantity++;
  }),
  planted('commands.missing', 'a payment was opened and is gone', `payment ${NOBODY}`, (record) =>
    acknowledge(record, 'pay', { orderId: orderId(1) }, { paymentId: NOBODY }),
  ),
  planted('commands.missing', 'the gateway took money that is nowhere', 'the capture pi_x of 5', (record) =>
    acknowledge(record, 'capture', { orderId: orderId(1), intentId: 'pi_x', amount: 5 }),
  ),
  planted('commands.missing', 'a refund was acknowledged and is gone', `refund ${NOBODY} of 5`, (record) =>
    acknowledge(record, 'refund', { amount: 5 }, { refundId: NOBODY }),
  ),
  ...[
    { op: 'ship', subject: { orderId: orderId(3) }, says: `order.shipped ${orderId(3)}` },
    { op: 'deliver', subject: { orderId: orderId(1) }, says: `order.delivered ${orderId(1)}` },
    { op: 'register', subject: { customerId: 'ben' }, says: 'customer.registered ben' },
    { op: 'define', subject: { sku: 'LAMP' }, says: 'product.defined LAMP' },
    { op: 'batch', subject: { ref: 'batch-2' }, says: 'product.batch-created batch-2' },
    { op: 'resize', subject: { ref: 'batch-1', quantity: 5 }, says: 'batch batch-1 of 5' },
    { op: 'receive', subject: { ref: 'batch-1' }, says: 'product.batch-received batch-1' },
  ].map(({ op, subject, says }) =>
    planted('commands.missing', `"${op}" was acknowledged and did nothing`, says, (record) =>
      acknowledge(record, op, subject),
    ),
  ),
  planted('commands.twice', 'a repeated request was carried out twice', /carried out 2 times/, (record) => {
    eventOf(record, 'order.placed', 1).headers = eventOf(record, 'order.placed').headers;
  }),
  planted(
    'commands.refused',
    'a refused cancellation changed something',
    /was refused with 409 ORDER_ALREADY/,
    (record) => {
      const { attempt } = find(record.clients, { status: 409 });
      eventOf(record, 'payment.captured').headers = { correlationId: attempt };
    },
  ),
];

const log: PlantedError[] = [
  planted('log.lost', 'an order was delivered, and no event says so', `order.delivered ${orderId(1)}`, (record) => {
    orderIn(record, 1).delivered_at = '2026-03-01T13:00:00Z';
  }),
  planted('log.lost', 'an order was canceled, and no event says so', `cancellation ${NOBODY}`, (record) => {
    orderIn(record, 1).cancellations.push({ id: NOBODY });
  }),
  planted('log.lost', 'a payment failed, and no event says so', `payment.failed ${NOBODY}`, ({ tables }) => {
    tables.payments!.push({ id: NOBODY, status: 'failed', gateway_payment_id: 'pi_x' });
  }),
  planted('log.lost', 'a line waits for stock, and no event says so', /line backordered/, (record) => {
    Object.assign(lineIn(record, 2), { state: 'backordered', quantity: 0 });
  }),
  planted('log.groundless', 'a purchase was told of and rolled back', /customer.purchase-recorded/, ({ tables }) => {
    tables.purchases!.shift();
  }),
  planted('log.gaps', 'a position was left out', 'position 11 follows 9', (record) => {
    for (const event of record.log) if (event.position >= 10) event.position++;
  }),
  planted('log.gaps', 'a position was used twice', 'position 9 follows 9', (record) => {
    for (const event of record.log) if (event.position >= 10) event.position--;
  }),
  planted('log.doubled', 'an event is in the log twice', /event .* is at 37 and 38/, (record) => {
    const last = record.log.at(-1)!;
    append(record, last);
  }),
  planted('log.reordered', 'a later change comes first', /version 1 at \d+, after version 3/, (record) => {
    const [placed, paid] = [eventOf(record, 'order.placed'), eventOf(record, 'order.paid')];
    [placed.stream_version, paid.stream_version] = [paid.stream_version, placed.stream_version];
  }),
];

const effects: PlantedError[] = [
  ...['chaos.witness', 'chaos.witness-batched'].flatMap((consumer) => [
    planted(
      'effects.missing',
      `${consumer} passed an event over`,
      `${consumer}: none of customer.registered`,
      (record) => remove(record.effects, { consumer, position: 1 }),
    ),
    planted(
      'effects.doubled',
      `${consumer} handled an event twice`,
      `${consumer}: 2 of customer.registered`,
      (record) => {
        const seq = record.effects.length + 1;
        record.effects.push({ ...find(record.effects, { consumer, position: 1 }), seq, instance: 'instance-2' });
      },
    ),
    planted('effects.reordered', `${consumer} took a later event first`, `${consumer}: order.placed at`, (record) => {
      const own = record.effects.filter((effect) => effect.consumer === consumer);
      const [placed, paid] = ['order.placed', 'order.paid'].map((type) =>
        find(own, { event_id: eventOf(record, type).event_id }),
      );
      [placed!.seq, paid!.seq] = [paid!.seq, placed!.seq];
    }),
    planted(
      'effects.groundless',
      `${consumer} handled what never was`,
      `${consumer}: event ${NOBODY}`,
      ({ effects: all }) =>
        void all.push({ seq: all.length + 1, consumer, event_id: NOBODY, position: 99, instance: 'instance-1' }),
    ),
  ]),
  planted('effects.missing', 'the timeline lacks an event', 'order.timeline: none of order.placed', ({ tables }) => {
    tables.timeline!.shift();
  }),
];

const money: PlantedError[] = [
  planted('money.canceled', 'a canceled order is not refunded', '200 is due, and 0 went back', (record) => {
    remove(refundsAt(record), { amount: 200 });
  }),
  planted('money.canceled', 'a refund failed, and nobody knows', '200 is due, and 0 went back', (record) => {
    find(refundsAt(record), { amount: 200 }).status = 'failed';
  }),
  planted('money.others', 'canceled units are not refunded', '100 is due, and 0 went back', (record) => {
    remove(refundsAt(record), { amount: 100 });
  }),
  planted(['money.others', 'money.twice'], 'a part is refunded twice', /is 2 refunds at the gateway/, (record) => {
    refundsAt(record).push({ ...find(refundsAt(record), { amount: 100 }), id: 're_x' });
  }),
  planted('money.twice', 'a refund is two at the gateway', /is 2 refunds at the gateway: re_x,re_y/, (record) => {
    const refund = find(refundsAt(record), { amount: 100 });
    remove(refundsAt(record), refund);
    for (const id of ['re_x', 're_y']) refundsAt(record).push({ ...refund, id, amount: 50 });
  }),
  planted('money.twice', 'the gateway has a refund of nobody', 're_x at the gateway is no refund of ours', (record) => {
    Object.assign(find(refundsAt(record), { amount: 100 }), { id: 're_x', metadata: {} });
  }),
  planted(['money.others', 'money.twice'], 'a refund has another amount', /of 30 is 31 at the gateway/, (record) => {
    find(refundsAt(record), { amount: 30 }).amount++;
  }),
  planted(['money.twice', 'money.above'], 'more went back than came in', '1 of pi_x went back', (record) => {
    record.gateway.intents.push({ id: 'pi_x', status: 'canceled', amount_received: 0, metadata: {} });
    refundsAt(record).push({ id: 're_x', payment_intent: 'pi_x', amount: 1, status: 'succeeded', metadata: {} });
  }),
  planted('money.untold', 'money came in that the log lacks', 'as pi_x, and the log has nothing', ({ gateway }) => {
    gateway.intents.push({ id: 'pi_x', status: 'succeeded', amount_received: 5, metadata: { orderId: NOBODY } });
  }),
  planted('money.untold', 'a capture is in the log twice', 'and the log has 100 and 100', (record) => {
    again(record, 'payment.captured');
  }),
];

const stock: PlantedError[] = [
  planted(
    'stock.over',
    'more is allocated than there is',
    /of batch batch-1 \(CHAIR\) are allocated, which has 3/,
    (record) => {
      record.tables.batches![0]!.quantity = 3;
    },
  ),
  planted('stock.over', 'a batch counts units that nobody holds', 'and it counts 5', (record) => {
    record.tables.batches![0]!.allocated++;
  }),
  planted('stock.twice', 'a line holds more than it may have', /holds 1 units, and may have 2/, (record) => {
    lineIn(record, 1).quantity++;
  }),
  planted(
    'stock.twice',
    'a line is allocated a second time',
    /is allocated at position 38, and has 1 units/,
    (record) => {
      again(record, 'product.stock-allocated');
    },
  ),
  planted('stock.canceled', 'a canceled order keeps its stock', /keeps 0 of line .*, whose claim is 2/, (record) => {
    const shares = [{ ref: 'batch-1', quantity: 2 }];
    Object.assign(lineIn(record, 2), { state: 'allocated', quantity: 2, shares });
    record.tables.batches![0]!.allocated += 2;
  }),
  planted('stock.canceled', 'canceled units keep their stock', /keeps 1 of line .*, whose claim is 2/, (record) => {
    orderIn(record, 3).lines[0].open = 1;
  }),
  planted('stock.undecided', 'stock never heard of a line', `line ${lineOf(orderId(4))} of order`, (record) => {
    remove(record.tables.lines!, { order_id: orderId(4) });
    record.tables.batches![0]!.allocated--;
  }),
];

const people: PlantedError[] = [
  planted('people.purchases', 'a purchase counted twice', 'counted 2 times', (record) => {
    again(record, 'customer.purchase-recorded');
  }),
  planted(['people.purchases', 'log.groundless'], 'a paid order did not count', 'counted 0 times', (record) => {
    eventOf(record, 'customer.purchase-recorded').payload.orderId = NOBODY;
    record.tables.purchases!.shift();
  }),
  planted('people.vips', 'a VIP was raised twice', 'customer anna became VIP 2 times', (record) => {
    again(record, 'customer.became-vip');
  }),
  planted('people.vips', 'three purchases made no VIP', 'customer ben became VIP 0 times', (record) => {
    eventOf(record, 'customer.purchase-recorded', 2).payload.customerId = 'ben';
  }),
  planted(
    'mails.congratulations',
    'a VIP was congratulated twice',
    /anna@example.com was congratulated as/,
    (record) => {
      const mail = record.mailbox.find(({ subject }) => subject.startsWith('Congratulations'))!;
      const messageId = `<${NOBODY}.1@shop.example>`;
      record.mailbox.push({ ...mail, messageId });
      record.tables.notifications!.push({ id: NOBODY, dedupe_key: 'vip:again', message_id: messageId, status: 'sent' });
    },
  ),
  planted('mails.several', 'a mail was repeated as another one', /order-received:.* was sent as/, ({ mailbox }) => {
    mailbox.push({ ...mailbox[0], messageId: mailbox[0]!.messageId.replace('.1@', '.2@') });
  }),
  planted('mails.several', 'a mail has no row', /is of no cause/, ({ mailbox }) => {
    mailbox.push({ ...mailbox[0], messageId: `<${NOBODY}.1@shop.example>` });
  }),
  planted('mails.several', 'a cause has two mails', /has 2 mails/, ({ tables }) => {
    tables.notifications!.push({ ...tables.notifications![0], id: NOBODY });
  }),
  planted('mails.unwritten', 'a mail was never written', `order-received:${orderId(1)} was not written`, (record) => {
    record.tables.notifications!.shift();
    record.mailbox.shift();
  }),
  planted('mails.lost', 'a mail is said to be sent and never came', /which nobody received/, ({ mailbox }) => {
    mailbox.shift();
  }),
];

const failing = { attempts: 3, history: [{ attempt: 1, error: 'Error: no' }] };
const command = { command_id: NOBODY, type: 'order.expire-order', payload: {}, dead_at: null, dedupe_key: null };
const message = { consumer: 'order.erasure', position: 2, park_key: 'a', dead_at: null, next_attempt_at: null };

const aftermath: PlantedError[] = [
  planted('recovery', 'lanes stood still for too long', 'ran again after 31 s', ({ recoveries }) => {
    recoveries[0]!.recoveredAt = new Date(Date.parse(recoveries[0]!.at) + 31_000).toISOString();
  }),
  planted('recovery', 'lanes never ran again', 'killed by fault 1, never ran again', ({ recoveries }) => {
    recoveries[0]!.recoveredAt = null;
  }),
  planted('recovery', 'nobody measured a recovery', 'was not measured', ({ faults }) => {
    faults.push({ id: 2, kind: 'kill', target: 'instance-1', kills: 'instance-1' });
  }),
  planted('drain.backlog', 'the time to drain was over', 'after 60 s, the limit', ({ drain }) => {
    drain.drained = false;
  }),
  planted('drain.backlog', 'an event stayed in the outbox', 'outbox 5 (order.placed)', ({ tables }) => {
    tables.outbox!.push({ id: 5, type: 'order.placed' });
  }),
  planted('drain.backlog', 'a consumer stands still', 'order.timeline is 3 events behind', ({ tables }) => {
    Object.assign(find(tables.consumer_status!, { name: 'order.timeline' }), { lag: 3, position: 9 });
  }),
  planted('drain.backlog', 'a due command is not taken', 'order.expire-order', ({ tables }) => {
    tables.queued_command!.push({ ...command, history: [], due_at: '2026-03-01T12:20:00Z' });
  }),
  planted('drain.reasons', 'a command was given up without a word', 'is given up, without an error', ({ tables }) => {
    tables.queued_command!.push({ ...command, history: [], due_at: null, dead_at: '2026-03-01T12:20:00Z' });
  }),
  planted('drain.reasons', 'a message is held without a word', 'holds 2, without an error', ({ tables }) => {
    tables.held_message!.push({ ...message, history: [], next_attempt_at: '2026-03-01T12:20:00Z' });
  }),
  planted('drain.reasons', 'a message is held behind nothing', 'holds 3, behind nothing', ({ tables }) => {
    tables.held_message!.push({ ...message, ...failing, dead_at: '2026-03-01T12:20:00Z' });
    tables.held_message!.push({ ...message, position: 3, park_key: 'b', history: [] });
  }),
  planted('drain.reasons', 'a refund is forgotten', 'is processing, and nothing works on it', ({ tables }) => {
    tables.refunds![0]!.status = 'processing';
  }),
  planted('drain.reasons', 'a mail is forgotten', 'is pending, and nothing works on it', ({ tables }) => {
    tables.notifications![0]!.status = 'pending';
  }),
];

export const plantedErrors = [commands, log, effects, money, stock, people, aftermath].flat();
