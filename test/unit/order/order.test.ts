import { describe, expect, it } from '@jest/globals';
import { OrderCanceled, OrderPaid, OrderPlaced, OrderShipped } from '../../../src/order/contract/events.js';
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
        lines: request.lines,
        canceledAt: NOW,
      },
    ]);
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
