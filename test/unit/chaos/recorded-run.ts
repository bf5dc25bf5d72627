import { type RunRecord, TABLES } from '../../../chaos/history.mjs';

type Row = Record<string, any>;

/** Minutes after the start. */
const at = (minute: number) => new Date(Date.UTC(2026, 2, 1, 12, minute)).toISOString();
const eur = (amount: number) => ({ amount, currency: 'EUR' });
const PRICE = 100;

/** Ids that tell what they are of: `uuid('a', 1)`. */
export const uuid = (kind: string, n: number): string =>
  `0195a000-0000-7000-8${kind.padStart(3, '0')}-${String(n).padStart(12, '0')}`;

/** Of a run in which nothing was recorded. */
export const emptyRecord = (): RunRecord => ({
  run: {},
  drain: { startedAt: 0, endedAt: 0, drained: true },
  gateway: {},
  clients: [],
  faults: [],
  recoveries: [],
  log: [],
  effects: [],
  mailbox: [],
  tables: Object.fromEntries(TABLES.map((name) => [name, []])),
});

/**
 * Records a run as it would be recorded if all went well: each verb sends its request, and leaves in the log, the tables,
 * the gateway's book and the mailbox what it would leave there.
 */
export class RecordedRun {
  readonly record: RunRecord = {
    ...emptyRecord(),
    run: { seed: 7, seconds: 60 },
    drain: { startedAt: at(50), endedAt: at(51), drained: true },
    gateway: { intents: [], refunds: [], disputes: [] },
  };
  readonly #versions = new Map<string, number>();
  #ids = 0;

  get tables() {
    return this.record.tables;
  }

  register(customerId: string): void {
    const attempt = this.ask('register', { customerId });
    this.tell('customer', customerId, attempt, ['customer.registered', { customerId }]);
    this.tables.customers!.push({ id: customerId, registered_at: at(0), vip_since: null, purchases: 0 });
    this.answer(attempt, 201);
  }

  stock(sku: string, ref: string, quantity: number): void {
    const defining = this.ask('define', { sku });
    this.tell('product', sku, defining, ['product.defined', { sku }]);
    this.answer(defining, 200);
    const arriving = this.ask('batch', { sku, ref, quantity });
    this.tell('product', sku, arriving, ['product.batch-created', { sku, ref, quantity }]);
    this.answer(arriving, 201);
    this.tables.products!.push({ sku, name: sku });
    this.tables.batches!.push({ sku, ref, quantity, allocated: 0, shipped: 0 });
  }

  resize(sku: string, ref: string, quantity: number): void {
    const attempt = this.ask('resize', { ref, quantity });
    this.tell('product', sku, attempt, ['product.batch-quantity-changed', { sku, ref, quantity }]);
    this.row('batches', { ref }).quantity = quantity;
    this.answer(attempt, 200);
  }

  /** Of one line, which is allocated from the batch. */
  place(orderId: string, customerId: string, line: { sku: string; ref: string; quantity: number }): void {
    const { sku, ref, quantity } = line;
    const attempt = this.ask('place', { customerId, lines: [{ sku, quantity }] });
    const lineId = lineOf(orderId);
    const total = quantity * PRICE;
    const placed = { orderId, customerId, lines: [{ lineId, sku, quantity }], total: eur(total) };
    this.tell('order', orderId, attempt, ['order.placed', placed]);
    this.answer(attempt, 201, { orderId, total });
    const dates = { paid_at: null, delivered_at: null };
    const lines = [{ lineId, sku, quantity, open: quantity }];
    const order = { id: orderId, customer_id: customerId, lines, cancellations: [], shipment: null, ...dates };
    this.tables.orders!.push({ ...order, total: eur(total) });
    this.mail(`order-received:${orderId}`, customerId);
    const shares = [{ ref, quantity }];
    this.tell('product', sku, attempt, ['product.stock-allocated', { sku, orderId, lineId, batches: shares }]);
    const state = { state: 'allocated', requested: quantity, quantity, shares };
    this.tables.lines!.push({ order_id: orderId, line_id: lineId, sku, ...state });
    this.row('batches', { ref }).allocated += quantity;
  }

  /** Opens a payment, and pays it. */
  pay(orderId: string, amount = this.row('orders', { id: orderId }).total.amount): string {
    const id = uuid('b', ++this.#ids);
    const intentId = `pi_${this.#ids}`;
    const opening = this.ask('pay', { orderId });
    const payment = { id, order_id: orderId, gateway_payment_id: intentId, status: 'captured', attention: null };
    this.tables.payments!.push({ ...payment, amount, captured: amount });
    this.answer(opening, 201, { paymentId: id });
    const paying = this.ask('capture', { orderId, intentId, amount });
    const intent = { id: intentId, status: 'succeeded', amount_received: amount, metadata: { orderId } };
    this.record.gateway.intents.push(intent);
    this.answer(paying, 200);
    this.tell('payment', id, undefined, ['payment.captured', { paymentId: id, orderId, amount: eur(amount) }]);
    this.payOrder(orderId);
    return id;
  }

  cancel(orderId: string): void {
    const order = this.row('orders', { id: orderId });
    const cancellationId = uuid('c', ++this.#ids);
    const attempt = this.ask('cancel', { orderId });
    const lines = order.lines.map(({ lineId, sku, open }: Row) => ({ lineId, sku, quantity: open }));
    const { customer_id: customerId } = order;
    this.tell('order', orderId, attempt, ['order.canceled', { orderId, customerId, cancellationId, lines }]);
    order.cancellations.push({ id: cancellationId });
    this.answer(attempt, 201, { cancellationId });
    this.mail(`order-canceled:${cancellationId}`, customerId);
    this.keep(order, 0);
    this.refundWhatIsDue(orderId, 'canceled');
  }

  /** So many of the units of its line, and some stay. */
  cancelUnits(orderId: string, quantity: number): void {
    const order = this.row('orders', { id: orderId });
    const { customer_id: customerId } = order;
    const [{ lineId, open }] = order.lines;
    const cancellationId = uuid('c', ++this.#ids);
    const attempt = this.ask('cancel', { orderId, lines: [{ lineId, quantity }] });
    const facts = { orderId, customerId, cancellationId, lines: [{ lineId, quantity, keep: open - quantity }] };
    this.tell('order', orderId, attempt, ['order.lines-canceled', { ...facts, amount: eur(quantity * PRICE) }]);
    order.cancellations.push({ id: cancellationId });
    this.answer(attempt, 201, { cancellationId });
    this.mail(`order-canceled:${cancellationId}`, customerId);
    this.keep(order, open - quantity);
    this.refundWhatIsDue(orderId, 'lines_canceled');
  }

  /** An operator gives back a part. */
  giveBack(orderId: string, amount: number): void {
    const { id: paymentId } = this.row('payments', { order_id: orderId });
    const attempt = this.ask('refund', { paymentId, amount });
    const refundId = this.refund(orderId, amount, { reason: 'operator', attempt });
    this.answer(attempt, 201, { refundId });
  }

  ship(orderId: string): void {
    const order = this.row('orders', { id: orderId });
    const { customer_id: customerId } = order;
    const attempt = this.ask('ship', { orderId });
    this.tell('order', orderId, attempt, ['order.shipped', { orderId, customerId }]);
    order.shipment = { carrier: 'DHL' };
    this.row('lines', { order_id: orderId }).state = 'shipped';
    this.answer(attempt, 201);
    this.mail(`order-shipped:${orderId}`, customerId);
  }

  /** A client asks for what can't be. */
  refuse(op: string, subject: Row, code: string): void {
    this.answer(this.ask(op, subject), 409, undefined, code);
  }

  kill(instance: string, seconds: number): void {
    const id = this.record.faults.length + 1;
    this.record.faults.push({ id, at: at(10), kind: 'kill', target: instance, kills: instance });
    const recoveredAt = new Date(Date.parse(at(10)) + seconds * 1_000).toISOString();
    this.record.recoveries.push({ fault: id, at: at(10), instance, partitions: [1, 2], recoveredAt });
  }

  /** What the consumers wrote, once all has happened. */
  settle(): RunRecord {
    const { log, effects } = this.record;
    const types = [...new Set(log.map(({ type }) => type))];
    const consumers = ['chaos.witness', 'chaos.witness-batched'].map((name) => ({ name, types, start_position: 0 }));
    const ofOrders = types.filter((type) => type.startsWith('order.') || type === 'product.stock-allocated');
    this.tables.consumer!.push(...consumers, { name: 'order.timeline', types: ofOrders, start_position: 0 });
    this.tables.consumer!.push({ name: 'notification.mails', types, start_position: 0 });
    this.tables.consumer_status!.push(...this.tables.consumer!.map(({ name }) => ({ name, lag: 0 })));
    for (const { name: consumer } of consumers) {
      for (const { event_id: eventId, position } of log) {
        effects.push({ seq: effects.length + 1, consumer, event_id: eventId, position, instance: 'instance-1' });
      }
    }
    const told = log.filter(({ type }) => ofOrders.includes(type));
    this.tables.timeline!.push(...told.map(({ event_id: eventId, position }) => ({ event_id: eventId, position })));
    return this.record;
  }

  /** The row of a table with these values. */
  row(table: string, values: Row): Row {
    const found = this.tables[table]!.find((row) =>
      Object.entries(values).every(([name, value]) => row[name] === value),
    );
    if (!found) throw new Error(`no ${table} with ${JSON.stringify(values)}`);
    return found;
  }

  private ask(op: string, subject: Row): string {
    const attempt = uuid('a', ++this.#ids);
    const request = `r-${this.#ids}`;
    this.record.clients.push({ kind: 'sent', at: at(1), client: 'a-1', request, attempt, op, subject });
    return attempt;
  }

  private answer(attempt: string, status: number, told?: Row, code?: string): void {
    this.record.clients.push({ kind: 'answered', at: at(2), attempt, status, told, code });
  }

  private tell(
    streamType: string,
    streamId: string,
    correlationId: string | undefined,
    [type, payload]: [string, Row],
  ) {
    const { log } = this.record;
    const stream = `${streamType} ${streamId}`;
    // As real ones do, versions leave gaps: not every change has an event.
    const version = (this.#versions.get(stream) ?? -1) + 2;
    this.#versions.set(stream, version);
    const place = { position: log.length + 1, event_id: uuid('e', log.length + 1) };
    const source = { stream_type: streamType, stream_id: streamId, stream_version: version };
    log.push({ ...place, ...source, type, payload, headers: { correlationId } });
  }

  private payOrder(orderId: string): void {
    const order = this.row('orders', { id: orderId });
    if (order.paid_at !== null || order.cancellations.length > 0) return this.refundWhatIsDue(orderId, 'overpaid');
    const { customer_id: customerId } = order;
    order.paid_at = at(5);
    this.tell('order', orderId, undefined, ['order.paid', { orderId, customerId }]);
    this.mail(`payment-receipt:${orderId}`, customerId);
    const customer = this.row('customers', { id: customerId });
    const purchases = ++customer.purchases;
    this.tables.purchases!.push({ order_id: orderId, customer_id: customerId, canceled_at: null });
    this.tell('customer', customerId, undefined, ['customer.purchase-recorded', { customerId, orderId, purchases }]);
    if (purchases < 3 || customer.vip_since !== null) return;
    customer.vip_since = at(5);
    this.tell('customer', customerId, undefined, ['customer.became-vip', { customerId }]);
    this.mail(`vip:${customerId}`, customerId, `Congratulations ${customerId}!`);
  }

  private keep(order: Row, open: number): void {
    const line = this.row('lines', { order_id: order.id });
    this.row('batches', { ref: line.shares[0].ref }).allocated -= line.quantity - open;
    line.quantity = order.lines[0].open = open;
    line.shares = open > 0 ? [{ ...line.shares[0], quantity: open }] : [];
    if (open === 0) line.state = 'released';
    const { sku, line_id: lineId } = line;
    const facts = { sku, orderId: order.id, lineId, kept: open };
    this.tell('product', sku, undefined, ['product.stock-deallocated', facts]);
    const purchase = this.tables.purchases!.find((each) => each.order_id === order.id);
    if (open > 0 || !purchase) return;
    purchase.canceled_at = at(8);
    const { customer_id: customerId } = order;
    this.tell('customer', customerId, undefined, ['customer.purchase-revoked', { customerId, orderId: order.id }]);
    this.row('customers', { id: customerId }).purchases--;
  }

  private refundWhatIsDue(orderId: string, reason: string): void {
    const of = (table: string) => this.tables[table]!.filter((row) => row.order_id === orderId);
    const captured = of('payments').reduce((total, { captured: amount }) => total + amount, 0);
    const refunded = of('refunds').reduce((total, { amount }) => total + amount, 0);
    const owed = this.row('orders', { id: orderId }).lines[0].open * PRICE;
    const due = captured - refunded - owed;
    if (due > 0) this.refund(orderId, due, { reason });
  }

  private refund(orderId: string, amount: number, { reason, attempt }: { reason: string; attempt?: string }): string {
    const refundId = uuid('d', ++this.#ids);
    const { id: paymentId, gateway_payment_id: intent } = this.row('payments', { order_id: orderId });
    const facts = { refundId, orderId, paymentId, amount: eur(amount) };
    this.tell('refund', refundId, attempt, ['refund.requested', { ...facts, reason, generation: 1 }]);
    const metadata = { refundId };
    this.record.gateway.refunds.push({
      id: `re_${this.#ids}`,
      payment_intent: intent,
      amount,
      status: 'succeeded',
      metadata,
    });
    this.tell('refund', refundId, undefined, ['refund.succeeded', facts]);
    this.tables.refunds!.push({ id: refundId, order_id: orderId, amount, status: 'succeeded', attention: null });
    return refundId;
  }

  private mail(cause: string, customerId: string, subject = `About ${cause}`): void {
    const id = uuid('f', ++this.#ids);
    const messageId = `<${id}.1@shop.example>`;
    this.tables.notifications!.push({ id, dedupe_key: cause, message_id: messageId, status: 'sent' });
    this.record.mailbox.push({ at: at(9), messageId, to: `${customerId}@example.com`, subject });
  }
}

/** An order has one line here. */
export const lineOf = (orderId: string): string => orderId.replace('-8001-', '-8002-');
export const orderId = (n: number): string => uuid('1', n);

/** Anna buys four times: the second order is canceled, of the third a unit, and of the fourth an operator gives some back. */
export function validRun(): RecordedRun {
  const run = new RecordedRun();
  const chairs = (quantity: number) => ({ sku: 'CHAIR', ref: 'batch-1', quantity });
  run.register('anna');
  run.stock('CHAIR', 'batch-1', 10);
  for (const [n, quantity] of [1, 2, 3, 1].entries()) run.place(orderId(n + 1), 'anna', chairs(quantity));
  run.resize('CHAIR', 'batch-1', 12);
  for (const n of [1, 2, 3, 4]) run.pay(orderId(n));
  run.cancel(orderId(2));
  run.cancelUnits(orderId(3), 1);
  run.giveBack(orderId(4), 30);
  run.ship(orderId(1));
  run.refuse('cancel', { orderId: orderId(1) }, 'ORDER_ALREADY_SHIPPED');
  run.kill('instance-2', 6.5);
  return run;
}
