import { describe, expect, it } from '@jest/globals';
import { check, failing } from '../../../chaos/checks/index.mjs';
import { History, type RunRecord, UnreadableHistory } from '../../../chaos/history.mjs';
import { plantedErrors } from './planted-errors.js';
import { emptyRecord, lineOf, orderId, uuid, validRun } from './recorded-run.js';

const rowsOf = (record: RunRecord) => check(new History(record));
const failed = (record: RunRecord, options = {}) => failing(rowsOf(record), options).map(({ id }) => id);

describe('a run in which all went well', () => {
  const rows = rowsOf(validRun().settle());

  it('passes, and every row had something to look at', () => {
    expect(rows.filter(({ verdict }) => verdict !== 'ok')).toEqual([]);
  });

  it('has no row without a planted error that it finds, but for the one that only counts faults', () => {
    const planted = new Set(plantedErrors.flatMap((error) => error.rows));
    expect(rows.map(({ id }) => id).filter((id) => !planted.has(id))).toEqual(['faults']);
  });
});

describe('a run with an error', () => {
  it.each(plantedErrors)('fails because $error', ({ rows, says, plant }) => {
    const record = validRun().settle();
    plant(record);
    const violated = failing(rowsOf(record));
    expect(violated.map(({ id }) => id).toSorted()).toEqual(rows.toSorted());
    const violations = violated.flatMap((row) => row.violations);
    expect(violations).toContainEqual(
      says instanceof RegExp ? expect.stringMatching(says) : expect.stringContaining(says),
    );
  });
});

describe('a run with what may happen', () => {
  it('passes where nobody answered, whether it happened or not', () => {
    const record = validRun().settle();
    const { correlationId: attempt } = record.log.find(({ type }) => type === 'order.placed')!.headers;
    record.clients = record.clients.filter((line) => line.kind === 'sent' || line.attempt !== attempt);
    const lost = { request: 'x', attempt: uuid('9', 1), op: 'place', subject: {} };
    record.clients.push({ kind: 'sent', ...lost }, { kind: 'lost', attempt: lost.attempt, error: 'ECONNRESET' });
    expect(failed(record)).toEqual([]);
  });

  it('passes where a repeat gets the answer of the first', () => {
    const record = validRun().settle();
    const sent = record.clients.find(({ op }) => op === 'place')!;
    const answer = record.clients.find(({ kind, attempt }) => kind === 'answered' && attempt === sent.attempt)!;
    const attempt = uuid('9', 1);
    record.clients.push({ ...sent, attempt }, { ...answer, attempt });
    expect(failed(record)).toEqual([]);
  });

  it('has only a backlog where a consumer has not come to an event yet', () => {
    const record = validRun().settle();
    const last = record.log.at(-1)!.position;
    record.effects = record.effects.filter(({ consumer, position }) => consumer !== 'chaos.witness' || position < last);
    const status = record.tables.consumer_status!.find(({ name }) => name === 'chaos.witness')!;
    Object.assign(status, { lag: 1, position: last - 1 });
    expect(failed(record)).toEqual(['drain.backlog']);
  });

  it('passes where an effect waits for a message that is held with its error', () => {
    const record = validRun().settle();
    record.effects = record.effects.filter(({ consumer, position }) => consumer !== 'chaos.witness' || position !== 1);
    const held = { consumer: 'chaos.witness', position: 1, park_key: 'a', dead_at: null, payload: {} };
    const history = [{ attempt: 1, error: 'Error: no' }];
    record.tables.held_message!.push({ ...held, next_attempt_at: '2026-03-01T14:00:00Z', history });
    expect(failed(record)).toEqual([]);
  });

  it('passes where the gateway refuses a refund and a person is asked to look', () => {
    const record = validRun().settle();
    const refund = record.gateway.refunds.find(({ amount }: { amount: number }) => amount === 200);
    refund.status = 'failed';
    record.tables.refunds!.find(({ id }) => id === refund.metadata.refundId)!.attention = 'gateway_rejected';
    expect(failed(record)).toEqual([]);
  });

  it('passes where a payment comes after the cancellation, or a second time, and goes back', () => {
    const run = validRun();
    run.place(orderId(5), 'anna', { sku: 'CHAIR', ref: 'batch-1', quantity: 1 });
    run.cancel(orderId(5));
    run.pay(orderId(5));
    run.pay(orderId(1));
    expect(failed(run.settle())).toEqual([]);
  });

  it('passes where a mail comes twice as the same one', () => {
    const record = validRun().settle();
    record.mailbox.push(...record.mailbox);
    expect(failed(record)).toEqual([]);
  });

  it('passes where commands recur or are due later', () => {
    const record = validRun().settle();
    const command = { command_id: uuid('9', 1), type: 'x', payload: {}, dead_at: null, history: [] };
    record.tables.queued_command!.push(
      { ...command, dedupe_key: 'recurring:x', due_at: '2026-03-01T12:00:00Z' },
      { ...command, dedupe_key: null, due_at: '2026-03-01T14:00:00Z' },
    );
    expect(failed(record)).toEqual([]);
  });

  it('passes where stock moves a line from a batch that became smaller', () => {
    const record = validRun().settle();
    const facts = { orderId: orderId(4), lineId: lineOf(orderId(4)) };
    const types = {
      'product.stock-deallocated': { kept: 1 },
      'product.stock-allocated': { batches: [{ quantity: 1 }] },
    };
    const positions = Object.entries(types).map(([type, payload]) => {
      const position = record.log.length + 1;
      const stream = { stream_type: null, stream_id: null, stream_version: null };
      const event = { position, event_id: uuid('8', position), type, headers: {} };
      record.log.push({ ...stream, ...event, payload: { ...facts, ...payload } });
      return event;
    });
    for (const consumer of ['chaos.witness', 'chaos.witness-batched'])
      for (const { event_id, position } of positions)
        record.effects.push({ seq: record.effects.length + 1, consumer, event_id, position });
    record.tables.timeline!.push(...positions);
    expect(failed(record)).toEqual([]);
  });
});

describe('a run that shows nothing', () => {
  it('fails in every row', () => {
    expect(failed(emptyRecord())).toEqual(rowsOf(emptyRecord()).map(({ id }) => id));
  });

  it('fails also when it may show a part only, without commands, effects, faults or a log', () => {
    const essential = ['commands.missing', 'effects.missing', 'faults', 'drain.backlog'];
    expect(failed(emptyRecord(), { partial: true })).toEqual(essential);
  });

  it.each([
    ['commands.missing', (record: RunRecord) => void (record.clients = [])],
    ['effects.missing', (record: RunRecord) => void (record.tables.consumer!.shift(), record.effects.splice(0))],
    ['faults', (record: RunRecord) => void (record.faults = [])],
  ])('fails in %s where only that is missing', (row, empty) => {
    const record = validRun().settle();
    empty(record);
    expect(failed(record, { partial: true })).toEqual([row]);
  });

  it('passes in part where nothing was killed', () => {
    const record = validRun().settle();
    record.faults = [{ id: 1, kind: 'pause', target: 'instance-1' }];
    expect([failed(record, { partial: true }), failed(record)]).toEqual([[], ['recovery']]);
  });
});

describe('a record that makes no sense', () => {
  it.each([
    ['a request that nobody knows', { kind: 'sent', request: 'r', attempt: 'a', op: 'dance', subject: {} }],
    ['an answer to nothing', { kind: 'answered', attempt: 'a', status: 200 }],
  ])('is unreadable: %s', (_, line) => {
    const record = validRun().settle();
    record.clients.push(line);
    expect(() => rowsOf(record)).toThrow(UnreadableHistory);
  });
});
