import { describe, expect, it } from '@jest/globals';
import {
  OrderCanceled,
  OrderDelivered,
  OrderLinesCanceled,
  OrderPaid,
  OrderPlaced,
  OrderShipped,
  ShippingInfoChanged,
} from '../../../src/order/contract/events.js';
import { openTotalOf } from '../../../src/order/domain/open-lines.js';
import type { Order } from '../../../src/order/domain/order.js';
import {
  OrderAlreadyCanceled,
  OrderAlreadyShipped,
  OrderNotPaid,
  StockNotReady,
} from '../../../src/order/domain/order.errors.js';
import { statusOf } from '../../../src/order/domain/order.rules.js';
import {
  allocated,
  canceled,
  CANCELLATION,
  CHAIR,
  eur,
  given,
  LATER,
  minutes,
  NOW,
  ORDER,
  paid,
  placing,
  request,
  shipped,
  TABLE,
  TOTAL,
} from './given-order.js';

const code = (value: string) => expect.objectContaining({ code: value });

describe('an order being placed', () => {
  it('freezes the price of each line and adds them up', () => {
    const { lines, total } = placing().state;
    expect(lines.map((line) => [line.unitPrice, line.lineTotal])).toEqual([
      [eur(4_999), eur(9_998)],
      [eur(12_000), eur(12_000)],
    ]);
    expect(total).toEqual(TOTAL);
  });

  it('is told of with everything that others need', () => {
    const [placed, ...others] = placing().getUncommittedEvents();
    expect(others).toEqual([]);
    expect(placed).toBeInstanceOf(OrderPlaced);
    expect(placed).toMatchObject({ orderId: ORDER, customerId: 'anna', total: TOTAL, placedAt: NOW });
    expect((placed as OrderPlaced).lines[0]).toEqual({
      lineId: CHAIR,
      sku: 'CHAIR',
      quantity: 2,
      unitPrice: eur(4_999),
      lineTotal: eur(9_998),
    });
  });

  it('waits for stock and payment', () => {
    expect(statusOf(placing().state)).toBe('placed');
  });

  it('keeps the same sku twice as two lines', () => {
    const twice = [CHAIR, TABLE].map((lineId) => ({ lineId, sku: 'CHAIR', quantity: 1 }));
    expect(placing({ lines: twice }).state.lines.map((line) => line.lineId)).toEqual([CHAIR, TABLE]);
  });

  it('points at every line whose sku can not be ordered', () => {
    const lines = [
      { lineId: CHAIR, sku: 'GONE', quantity: 1 },
      { lineId: TABLE, sku: 'CHAIR', quantity: 1 },
      { lineId: ORDER, sku: 'LOST', quantity: 1 },
    ];
    const pointers = ['/lines/0/sku', '/lines/2/sku'].map((pointer) => expect.objectContaining({ pointer }));
    expect(() => placing({ lines })).toThrow(
      expect.objectContaining({ code: 'SKU_UNKNOWN', kind: 'invalid', extras: { errors: pointers } }),
    );
  });

  it('refuses a product that is priced in another currency', () => {
    const lines = [{ lineId: CHAIR, sku: 'LAMP', quantity: 1 }];
    expect(() => placing({ lines })).toThrow(code('CURRENCY_NOT_OFFERED'));
  });

  it('refuses a total beyond what a number can hold exactly', () => {
    const lines = [{ lineId: CHAIR, sku: 'CHAIR', quantity: Number.MAX_SAFE_INTEGER }];
    expect(() => placing({ lines })).toThrow(code('AMOUNT_TOO_LARGE'));
  });

  it('counts as paid at once when it costs nothing', () => {
    const order = placing({ lines: [{ lineId: CHAIR, sku: 'FLYER', quantity: 3 }] });
    expect(order.state.paidAt).toEqual(NOW);
    expect(order.getUncommittedEvents().map((event) => event.constructor)).toEqual([OrderPlaced, OrderPaid]);
  });

  it('is due in 30 minutes unless it says otherwise', () => {
    expect(placing().state.paymentDueAt).toEqual(minutes(30));
    expect(placing({ paymentDueAt: minutes(90) }).state.paymentDueAt).toEqual(minutes(90));
  });

  it.each([
    ['now', minutes(0)],
    ['in the past', minutes(-1)],
    ['later than in 3 days', minutes(3 * 24 * 60 + 1)],
  ])('can not be due %s', (_, paymentDueAt) => {
    expect(() => placing({ paymentDueAt })).toThrow(code('PAYMENT_DUE_OUT_OF_RANGE'));
  });

  it('can be due in exactly 3 days', () => {
    expect(placing({ paymentDueAt: minutes(3 * 24 * 60) }).state.paymentDueAt).toEqual(minutes(3 * 24 * 60));
  });
});

describe('a placed order', () => {
  it('stays placed while one line has no place', () => {
    const { order } = given((each) => each.recordLineStatus(CHAIR, 'allocated'));
    expect(statusOf(order.state)).toBe('placed');
  });

  it('awaits payment when every line is allocated or back-ordered', () => {
    const { order } = given(allocated, (each) => each.recordLineStatus(TABLE, 'backordered'));
    expect(statusOf(order.state)).toBe('awaiting_payment');
  });

  it('takes a line status without an event', () => {
    expect(given().when((order) => order.recordLineStatus(CHAIR, 'allocated'))).toEqual([]);
  });

  it('is left as it is by a status that a line has already', () => {
    const { order, when } = given(allocated);
    const before = order.state;
    when(allocated);
    expect(order.state).toBe(before);
  });

  it('is left as it is by the status of a line that is not its own', () => {
    const { order, when } = given();
    const before = order.state;
    when((each) => each.recordLineStatus(ORDER, 'allocated'));
    expect(order.state).toBe(before);
  });

  it('can be paid before it has its stock', () => {
    const { order } = given(paid);
    expect(statusOf(order.state)).toBe('placed');
    allocated(order);
    expect(statusOf(order.state)).toBe('preparing');
  });
});

describe('an order awaiting payment', () => {
  const capture = (paymentId: string, amount: number) => (order: ReturnType<typeof placing>) =>
    order.recordCapture({ paymentId, amount: eur(amount) }, LATER);

  it('is paid when its total was captured', () => {
    const paying = given(allocated);
    expect(paying.when(capture('pay-1', TOTAL.amount))).toEqual([
      new OrderPaid({ orderId: ORDER, customerId: 'anna', total: TOTAL, paidAt: LATER }),
    ]);
    expect(statusOf(paying.order.state)).toBe('preparing');
  });

  it('is not paid by a part of it', () => {
    expect(given(allocated).when(capture('pay-1', TOTAL.amount - 1))).toEqual([]);
  });

  it('is paid by parts that add up', () => {
    const paying = given(allocated, capture('pay-1', TOTAL.amount - 1));
    expect(paying.when(capture('pay-2', 1))).toEqual([expect.any(OrderPaid)]);
  });

  it('counts a capture once, however often it is told of it', () => {
    const half = capture('pay-1', TOTAL.amount / 2);
    expect(given(allocated, half).when(half)).toEqual([]);
  });

  it('is not paid in another currency', () => {
    const dollars = { paymentId: 'pay-1', amount: { ...TOTAL, currency: 'USD' } };
    expect(given(allocated).when((order) => order.recordCapture(dollars, LATER))).toEqual([]);
  });

  it('can not be shipped', () => {
    expect(() => given(allocated).when(shipped)).toThrow(OrderNotPaid);
  });
});

describe('a paid order', () => {
  it('is not paid again by a second payment, which is kept', () => {
    const { order, when } = given(allocated, paid);
    expect(when((each) => each.recordCapture({ paymentId: 'pay-2', amount: TOTAL }, LATER))).toEqual([]);
    expect(order.state.paidAt).toEqual(NOW);
    expect(order.state.captures).toHaveLength(2);
  });

  it('is shipped when every line is allocated', () => {
    const shipping = given(allocated, paid);
    expect(shipping.when(shipped)).toEqual([
      new OrderShipped({ orderId: ORDER, customerId: 'anna', carrier: 'DHL', trackingNumber: 'JD01', shippedAt: NOW }),
    ]);
    expect(statusOf(shipping.order.state)).toBe('shipped');
  });

  it('is not shipped while a line is back-ordered', () => {
    const waiting = given(allocated, paid, (order) => order.recordLineStatus(TABLE, 'backordered'));
    expect(() => waiting.when(shipped)).toThrow(StockNotReady);
  });
});

describe('an order before it is shipped', () => {
  it.each([
    ['placed', []],
    ['awaiting_payment', [allocated]],
    ['preparing', [allocated, paid]],
  ])('can be canceled when it is %s', (status, steps) => {
    const canceling = given(...steps);
    expect(statusOf(canceling.order.state)).toBe(status);
    expect(canceling.when(canceled)).toEqual([
      new OrderCanceled({
        orderId: ORDER,
        customerId: 'anna',
        cancellationId: CANCELLATION,
        reason: 'customer',
        lines: [...request.lines],
        canceledAt: NOW,
      }),
    ]);
    expect(statusOf(canceling.order.state)).toBe('canceled');
  });

  it('keeps the cancellation as a record: who, why and what', () => {
    expect(given(canceled).order.state.cancellations).toEqual([
      {
        id: CANCELLATION,
        reason: 'customer',
        note: null,
        canceledBy: 'customer:anna',
        lines: [
          { ...request.lines[0], keep: 0, amount: eur(9_998) },
          { ...request.lines[1], keep: 0, amount: eur(12_000) },
        ],
        canceledAt: NOW,
      },
    ]);
  });
});

describe('an order of which lines are canceled', () => {
  const cancelLines =
    (...lines: readonly { lineId: string; quantity: number }[]) =>
    (order: Order) =>
      order.cancelLines(
        { id: CANCELLATION, reason: 'customer', note: null, canceledBy: 'customer:anna' },
        lines,
        LATER,
      );
  const oneChair = cancelLines({ lineId: CHAIR, quantity: 1 });
  const table = cancelLines({ lineId: TABLE, quantity: 1 });

  it('tells what goes, what stays and what that was worth', () => {
    expect(given(allocated).when(oneChair)).toEqual([
      new OrderLinesCanceled({
        orderId: ORDER,
        customerId: 'anna',
        cancellationId: CANCELLATION,
        reason: 'customer',
        lines: [{ lineId: CHAIR, sku: 'CHAIR', quantity: 1, keep: 1, amount: eur(4_999) }],
        amount: eur(4_999),
        canceledAt: LATER,
      }),
    ]);
  });

  it('keeps what it was placed with, and knows what is open', () => {
    const { order } = given(allocated, oneChair, table);
    expect(order.state.total).toEqual(TOTAL);
    expect(openTotalOf(order.state)).toEqual(eur(4_999));
    expect(order.openLines).toEqual([{ lineId: CHAIR, sku: 'CHAIR', quantity: 1 }]);
    expect(order.state.cancellations).toHaveLength(2);
  });

  it('is canceled with its last unit, and tells of that only', () => {
    const { order, when } = given(allocated, oneChair, table);
    expect(when(oneChair)).toEqual([
      new OrderCanceled({
        orderId: ORDER,
        customerId: 'anna',
        cancellationId: CANCELLATION,
        reason: 'customer',
        lines: [{ lineId: CHAIR, sku: 'CHAIR', quantity: 1 }],
        canceledAt: LATER,
      }),
    ]);
    expect(statusOf(order.state)).toBe('canceled');
  });

  it('waits no longer for a line that is gone', () => {
    const { order } = given((each) => each.recordLineStatus(CHAIR, 'allocated'));
    expect(statusOf(order.state)).toBe('placed');
    table(order);
    expect(statusOf(order.state)).toBe('awaiting_payment');
  });

  it('is paid once what is open was captured', () => {
    const captured = (order: Order) => order.recordCapture({ paymentId: 'pay-1', amount: eur(9_998) }, NOW);
    const { order, when } = given(allocated, captured);
    expect(when(table).map((event) => event.constructor)).toEqual([OrderLinesCanceled, OrderPaid]);
    expect(order.state.paidAt).toEqual(LATER);
  });

  it('is not paid a second time', () => {
    expect(given(allocated, paid).when(table)).toEqual([expect.any(OrderLinesCanceled)]);
  });

  it('is shipped without them', () => {
    expect(given(allocated, paid, table).when(shipped)).toEqual([expect.any(OrderShipped)]);
  });

  it('is not shipped when they left the stock meanwhile', () => {
    const { order } = given(allocated, paid);
    const { openLines } = order;
    table(order);
    expect(() => order.ship({ carrier: 'DHL', trackingNumber: 'JD01' }, openLines, LATER)).toThrow(StockNotReady);
  });

  it.each([
    ['a line of another order', cancelLines({ lineId: ORDER, quantity: 1 }), { code: 'LINE_UNKNOWN', kind: 'invalid' }],
    [
      'the same line twice',
      cancelLines({ lineId: CHAIR, quantity: 1 }, { lineId: CHAIR, quantity: 1 }),
      { code: 'LINE_REPEATED', kind: 'invalid' },
    ],
    [
      'more than is open',
      cancelLines({ lineId: CHAIR, quantity: 3 }),
      { code: 'QUANTITY_NOT_OPEN', kind: 'conflict', extras: { lineId: CHAIR, open: 2 } },
    ],
  ])('refuses %s, and nothing of the request is done', (_, step, error) => {
    const { order, when } = given(allocated);
    const before = order.state;
    expect(() => when(step)).toThrow(expect.objectContaining(error));
    expect(order.state).toBe(before);
  });

  it('refuses a line that is gone already', () => {
    expect(() => given(allocated, table).when(table)).toThrow(
      expect.objectContaining({ extras: { lineId: TABLE, open: 0 } }),
    );
  });

  it('refuses lines once it is shipped', () => {
    expect(() => given(allocated, paid, shipped).when(table)).toThrow(OrderAlreadyShipped);
  });
});

describe('an order of a VIP', () => {
  const vips = (change: Partial<typeof request> = {}) => placing({ ...change, discountBps: 500 });

  it('costs less by the offer, and each line says its part', () => {
    const { lines, total } = vips().state;
    expect(lines.map((line) => [line.discount, line.lineTotal])).toEqual([
      [eur(499), eur(9_499)],
      [eur(600), eur(11_400)],
    ]);
    expect(total).toEqual(eur(20_899));
  });

  it('is told of with its discount', () => {
    const [event] = vips().getUncommittedEvents() as [OrderPlaced];
    expect(event.lines.map((line) => line.discount)).toEqual([eur(499), eur(600)]);
    expect(event.total).toEqual(eur(20_899));
  });

  it('is worth what was paid for it when it is canceled in parts', () => {
    const order = vips();
    const part = { id: CANCELLATION, reason: 'customer', note: null, canceledBy: 'customer:anna' } as const;
    order.cancelLines(part, [{ lineId: CHAIR, quantity: 1 }], LATER);
    expect(order.state.cancellations[0]?.lines[0]?.amount).toEqual(eur(4_750));
    expect(openTotalOf(order.state)).toEqual(eur(4_749 + 11_400));
  });
});

describe('where an order goes to', () => {
  const { shippingInfo } = request;
  const moved = { ...shippingInfo, address: { ...shippingInfo.address, line1: 'Am Ufer 2' } };
  const move = (order: Order) => order.changeShippingInfo(moved, LATER);

  it('can be changed until it is shipped', () => {
    const { order, when } = given(allocated, paid);
    expect(when(move)).toEqual([
      new ShippingInfoChanged({ orderId: ORDER, customerId: 'anna', newShippingInfo: moved, changedAt: LATER }),
    ]);
    expect(order.state.shippingInfo).toEqual(moved);
  });

  it('is left as it is by what it is already, however its fields are ordered', () => {
    const { message, address, receiver } = { message: undefined, ...shippingInfo };
    const { country, ...street } = address;
    const reordered = { message, address: { country, ...street }, receiver };
    expect(given().when((order) => order.changeShippingInfo(reordered, LATER))).toEqual([]);
  });

  it('can not be changed after that', () => {
    expect(() => given(allocated, paid, shipped).when(move)).toThrow(OrderAlreadyShipped);
    expect(() => given(canceled).when(move)).toThrow(OrderAlreadyCanceled);
  });

  it('is not changed by somebody who looked at another version', () => {
    const { order } = given();
    expect(() => order.mustBeAt([3, 4])).toThrow(
      expect.objectContaining({ kind: 'precondition-failed', extras: { currentVersion: 1 } }),
    );
    expect(() => order.mustBeAt([1])).not.toThrow();
    expect(() => order.mustBeAt(undefined)).not.toThrow();
  });

  it('is forgotten with the customer, but for the country, and so are the notes', () => {
    const noted = (each: Order) =>
      each.cancel({ id: CANCELLATION, reason: 'customer', note: 'I moved', canceledBy: 'customer:anna' }, NOW);
    const { order, when } = given(noted);
    expect(when((each) => each.erasePersonalData())).toEqual([]);
    const kept = JSON.stringify([order.state.shippingInfo, order.state.cancellations]);
    for (const personal of ['Anna', 'Markt', '1234', '10115', 'Berlin', 'I moved'])
      expect(kept).not.toContain(personal);
    expect(order.state.shippingInfo.address.country).toBe('DE');
    const erased = order.state;
    order.erasePersonalData();
    expect(order.state).toBe(erased);
  });

  it('is kept while the order is open: it was placed after the customer was erased', () => {
    const { order } = given();
    order.erasePersonalData();
    expect(order.state.shippingInfo).toEqual(request.shippingInfo);
  });
});

describe('an order of which a line is out of stock', () => {
  const runOut = (lineId: string) => (order: Order) => order.runOut(lineId, CANCELLATION, NOW);

  it('is canceled as a whole, once', () => {
    const { order, when } = given();
    expect(when(runOut(CHAIR))).toMatchObject([{ cancellationId: CANCELLATION, reason: 'out_of_stock' }]);
    order.uncommit();
    expect(when(runOut(TABLE))).toEqual([]);
  });

  it('keeps its other lines where that one is canceled already', () => {
    const units = [{ lineId: CHAIR, quantity: 2 }];
    const by = { id: CANCELLATION, reason: 'customer', note: null, canceledBy: 'customer:anna' } as const;
    const { when } = given((order) => order.cancelLines(by, units, NOW));
    expect(when(runOut(CHAIR))).toEqual([]);
  });
});

describe('a canceled order', () => {
  it('can not be canceled again', () => {
    expect(() => given(canceled).when(canceled)).toThrow(OrderAlreadyCanceled);
  });

  it('can not be shipped', () => {
    expect(() => given(allocated, paid, canceled).when(shipped)).toThrow(OrderAlreadyCanceled);
  });

  it('is not paid by a capture that comes late', () => {
    const { order, when } = given(canceled);
    expect(when(paid)).toEqual([]);
    expect(order.state.captures).toEqual([]);
  });

  it('still learns what became of its stock', () => {
    const { order } = given(allocated, canceled, (each) => each.recordLineStatus(CHAIR, 'released'));
    expect(order.state.lines[0]?.status).toBe('released');
    expect(statusOf(order.state)).toBe('canceled');
  });
});

describe('a shipped order', () => {
  it('can not be canceled', () => {
    expect(() => given(allocated, paid, shipped).when(canceled)).toThrow(OrderAlreadyShipped);
  });

  const delivered = (order: Order) => order.confirmDelivery(LATER);

  it('is delivered, once', () => {
    const { order, when } = given(allocated, paid, shipped);
    expect(when(delivered)).toEqual([new OrderDelivered({ orderId: ORDER, customerId: 'anna', deliveredAt: LATER })]);
    expect(statusOf(order.state)).toBe('delivered');
    expect(given(allocated, paid, shipped, delivered).when(delivered)).toEqual([]);
  });

  it('is not delivered before', () => {
    expect(() => given(allocated, paid).when(delivered)).toThrow(code('ORDER_NOT_SHIPPED'));
    expect(() => given(canceled).when(delivered)).toThrow(OrderAlreadyCanceled);
  });

  it('can not be shipped again', () => {
    expect(() => given(allocated, paid, shipped).when(shipped)).toThrow(OrderAlreadyShipped);
  });
});

describe('an order whose payment is due', () => {
  const expired = (order: Order) => order.expire(CANCELLATION, minutes(30));

  it('is canceled, in the ordinary way', () => {
    const { order, when } = given(allocated);
    expect(when(expired)).toEqual([expect.any(OrderCanceled)]);
    expect(order.state.cancellations).toMatchObject([{ reason: 'payment_expired', canceledBy: 'system' }]);
  });

  it.each([
    ['paid', [allocated, paid]],
    ['shipped', [allocated, paid, shipped]],
    ['canceled', [canceled]],
  ])('stays as it is when it is %s', (_, steps) => {
    expect(given(...steps).when(expired)).toEqual([]);
  });
});
