import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { DomainError } from '../../../src/kernel/domain-error.js';
import { Owed } from '../../../src/refund/domain/owed.js';
import { Payment } from '../../../src/refund/domain/payment.js';
import { disputedOf } from '../../../src/refund/domain/payment.state.js';
import type { Refund } from '../../../src/refund/domain/refund.js';
import type { RefundReason } from '../../../src/refund/domain/refund.state.js';
import { replacedBy } from '../../../src/refund/domain/replacement.js';
import { type CapturedPayment, held, refundsDue } from '../../../src/refund/domain/settlement.js';
import { eur, LATER, NOW, ORDER } from './given-payment.js';

const PLACED = 1_000;
const ben = { by: 'operator:ben', note: null };

/** An order's money as the module keeps it, without the database; beside it what the gateway has really paid back. */
class World {
  owed = Owed.unknown(ORDER);
  readonly payments: Payment[] = [];
  readonly refunds: Refund[] = [];
  readonly paidBack = new Map<Refund, number>();
  readonly canceledLines = new Set<number>();

  pay(amount: number): void {
    const id = `payment-${this.payments.length}`;
    const payment = Payment.start({
      id,
      orderId: ORDER,
      gateway: 'sandbox',
      gatewayPaymentId: `pi-${id}`,
      amount: eur(amount),
      startedAt: NOW,
    });
    payment.capture(eur(amount), NOW);
    this.payments.unshift(payment);
    this.settle('overpaid');
  }

  /** Never asks for what is owed, whatever it asks for. */
  settle(reason: RefundReason): void {
    const owed = this.owed.amount;
    if (owed === undefined) return;
    const before = this.held;
    for (const { paymentId, amount } of refundsDue(owed, this.captured)) {
      this.refunds.push(this.payment(paymentId).refund(amount, this.grounds(reason)));
    }
    expect(this.held).toBeGreaterThanOrEqual(Math.min(before, owed));
  }

  get held(): number {
    return held(this.captured);
  }

  private get captured(): CapturedPayment[] {
    return this.payments.map(({ state }) => ({
      paymentId: state.id,
      captured: state.captured,
      refundTotal: state.refundTotal,
      disputed: disputedOf(state),
    }));
  }

  askFor(payment: Payment, amount: number): void {
    const refund = payment.refund(amount, this.grounds('operator'));
    this.owed = this.owed.lower(amount);
    this.refunds.push(refund);
  }

  drop(refund: Refund): void {
    refund.cancel(ben, LATER);
    this.payment(refund.state.paymentId).release(refund.state.amount);
    this.owed = this.owed.raise(refund.state.amount);
  }

  /** As the gateway does: never more than it holds. */
  refundInDashboard(payment: Payment, wanted: number): void {
    const amount = Math.min(wanted, this.heldAtGateway(payment));
    if (amount === 0) return;
    const open = this.refunds.filter(({ state }) => state.paymentId === payment.state.id && isOpen(state.status));
    const replaced = replacedBy(
      amount,
      payment.refundable.amount,
      open.map(({ state }) => state),
    );
    // In the service it is tried again once the gateway has answered.
    if (!replaced) return;
    for (const { id, amount: freed } of replaced) {
      this.refunds.find(({ state }) => state.id === id)!.replace('re', LATER);
      payment.release(freed);
    }
    const found = payment.discover(amount, { refundId: this.nextId(), gatewayRefundId: 're', discoveredAt: LATER })!;
    found.record(1, { status: 'succeeded', gatewayRefundId: 're' }, LATER);
    this.refunds.push(found);
    this.paidBack.set(found, amount);
    const due = replaced.reduce((sum, each) => sum + each.amount, 0);
    this.owed = this.owed.lower(Math.max(0, amount - due));
    this.settle('overpaid');
  }

  execute(refund: Refund, isRefused: boolean): void {
    if (!refund.begin(refund.state.generation, LATER)) return;
    const { amount, generation, paymentId } = refund.state;
    const fits = amount <= this.heldAtGateway(this.payment(paymentId));
    if (isRefused || !fits) return refund.record(generation, { status: 'failed', code: 'refused' }, LATER);
    this.paidBack.set(refund, amount);
    refund.record(generation, { status: 'succeeded', gatewayRefundId: 're' }, LATER);
  }

  bounce(refund: Refund): void {
    if (refund.state.status !== 'succeeded') return;
    this.paidBack.delete(refund);
    refund.record(refund.state.generation, { status: 'failed', code: 'bounced' }, LATER);
  }

  dispute(payment: Payment, status: 'open' | 'won' | 'lost'): void {
    const known = payment.state.disputes[0];
    const disputeId = known?.disputeId ?? `dp-${payment.state.id}`;
    const about = { disputeId, gatewayPaymentId: 'pi', reason: 'fraudulent', amount: payment.refundable };
    if (about.amount.amount === 0 && !known) return;
    payment.recordDispute({ ...about, status }, LATER);
    if (status === 'won') this.settle('overpaid');
  }

  heldAtGateway(payment: Payment): number {
    const { id, captured } = payment.state;
    const refunded = [...this.paidBack].filter(([refund]) => refund.state.paymentId === id);
    return Math.max(0, captured - disputedOf(payment.state) - refunded.reduce((sum, [, amount]) => sum + amount, 0));
  }

  payment(id: string): Payment {
    return this.payments.find(({ state }) => state.id === id)!;
  }

  private grounds(reason: RefundReason) {
    return { refundId: this.nextId(), reason, requestedAt: NOW };
  }

  private nextId(): string {
    return `refund-${String(this.refunds.length).padStart(4, '0')}`;
  }
}

const isOpen = (status: string): boolean => ['requested', 'processing', 'pending', 'failed'].includes(status);

type Step = (world: World, pick: number, amount: number) => void;

const onPayment =
  (act: (world: World, payment: Payment, amount: number) => void): Step =>
  (world, pick, amount) => {
    const payment = world.payments[pick % Math.max(1, world.payments.length)];
    if (payment) act(world, payment, amount);
  };
const onRefund =
  (act: (world: World, refund: Refund) => void): Step =>
  (world, pick) => {
    const refund = world.refunds[pick % Math.max(1, world.refunds.length)];
    if (refund) act(world, refund);
  };

const steps: Record<string, Step> = {
  'it is placed': (world) => {
    world.owed = world.owed.place(PLACED);
    world.settle('overpaid');
  },
  'it is paid': (world) => world.pay(PLACED),
  'it is paid, but another amount': (world, _, amount) => world.pay(amount),
  // At most 5 × 200: the order module never cancels more than there is.
  'lines are canceled': (world, pick) => {
    world.canceledLines.add(pick % 5);
    world.owed = world.owed.cancelLines(`cancellation-${pick % 5}`, 200);
    world.settle('lines_canceled');
  },
  'it is canceled': (world) => {
    world.owed = world.owed.cancel('cancellation');
    world.settle('canceled');
  },
  'an operator refunds': onPayment((world, payment, amount) => world.askFor(payment, amount)),
  'somebody refunds in the dashboard': onPayment((world, payment, amount) => world.refundInDashboard(payment, amount)),
  'the gateway refunds': onRefund((world, refund) => world.execute(refund, false)),
  'the gateway refuses': onRefund((world, refund) => world.execute(refund, true)),
  'a refund bounces': onRefund((world, refund) => world.bounce(refund)),
  'a refund is retried': onRefund((_, refund) => refund.retry(ben, LATER)),
  'a refund is resolved': onRefund((world, refund) => {
    refund.resolve('SEPA-1', ben, LATER);
    world.paidBack.set(refund, refund.state.amount);
  }),
  'a refund is dropped': onRefund((world, refund) => world.drop(refund)),
  'the bank takes money back': onPayment((world, payment) => world.dispute(payment, 'open')),
  'the bank gives it back': onPayment((world, payment) => world.dispute(payment, 'won')),
  'the bank keeps it': onPayment((world, payment) => world.dispute(payment, 'lost')),
};

const histories = fc.array(
  fc.record({
    step: fc.constantFrom(...Object.keys(steps)),
    pick: fc.nat({ max: 30 }),
    amount: fc.integer({ min: 1, max: 1_500 }),
  }),
  { maxLength: 40 },
);
type History = readonly { step: string; pick: number; amount: number }[];

function play(history: History): World {
  const world = new World();
  for (const { step, pick, amount } of history) attempt(() => steps[step]!(world, pick, amount));
  return world;
}

/** A person, or the gateway, may be told no. */
function attempt(act: () => void): void {
  try {
    act();
  } catch (error) {
    if (!(error instanceof DomainError)) throw error;
  }
}

/** Every refund that is due is paid in the end. */
function finish(world: World): void {
  steps['it is placed']!(world, 0, 0);
  // A refund that is refused waits for one before it that bounced; each of them at most once.
  const rounds = [1, 2, 3].flatMap(() => world.refunds);
  for (const refund of rounds) {
    if (refund.state.status === 'failed') refund.retry(ben, LATER);
    world.execute(refund, false);
  }
}

describe('the money of an order, whatever customers, staff, banks and the gateway do, in any order', () => {
  it('is never promised twice: the refunds of a payment are what it has set aside, and no more than was captured', () => {
    fc.assert(
      fc.property(histories, (history) => {
        const world = play(history);
        for (const payment of world.payments) {
          const ofIt = world.refunds.filter(({ state }) => state.paymentId === payment.state.id);
          const alive = ofIt.filter(({ state }) => state.status !== 'canceled');
          const sum = alive.reduce((total, { state }) => total + state.amount, 0);
          expect(payment.state.refundTotal).toBe(sum);
          expect(sum).toBeLessThanOrEqual(payment.state.captured + payment.state.overRefunded);
        }
      }),
      { numRuns: 1_500 },
    );
  });

  it('ends with no more than what is owed, but for what waits for a person', () => {
    fc.assert(
      fc.property(histories, (history) => {
        const world = play(history);
        finish(world);
        const taken = world.payments.reduce((sum, { state }) => sum + state.captured - disputedOf(state), 0);
        const paidBack = [...world.paidBack.values()].reduce((sum, amount) => sum + amount, 0);
        const failed = world.refunds.filter(({ state }) => state.status === 'failed');
        // The gateway can't make these while the bank has the money: they wait for a person.
        const waiting = failed.reduce((sum, { state }) => sum + state.amount, 0);
        expect(taken - paidBack - waiting).toBeLessThanOrEqual(world.owed.amount!);
      }),
      { numRuns: 1_500 },
    );
  });

  it('is exactly the total less what was canceled, where nobody decides otherwise', () => {
    const ordinary = histories.map((history) => history.filter(({ step }) => ORDINARY.has(step)));
    fc.assert(
      fc.property(ordinary, (history) => {
        const world = play(history);
        finish(world);
        const captured = world.payments.reduce((sum, { state }) => sum + state.captured, 0);
        const paidBack = [...world.paidBack.values()].reduce((sum, amount) => sum + amount, 0);
        const isCanceled = history.some(({ step }) => step === 'it is canceled');
        const owed = isCanceled ? 0 : PLACED - 200 * world.canceledLines.size;
        expect(captured - paidBack).toBe(Math.min(captured, owed));
      }),
      { numRuns: 1_500 },
    );
  });
});

const ORDINARY: ReadonlySet<string> = new Set([
  'it is placed',
  'it is paid',
  'it is paid, but another amount',
  'lines are canceled',
  'it is canceled',
  'the gateway refunds',
  'the gateway refuses',
  'a refund bounces',
  'a refund is retried',
  'a refund is resolved',
]);
