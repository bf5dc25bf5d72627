import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { CustomerBecameVip, PurchaseRecorded, PurchaseRevoked } from '../../../src/customer/contract/events.js';
import { given, type KnownCustomer, orderId } from './given-customer.js';

/** What is heard of one order, in the order of its stream; each may be delivered again at any later time. */
type Told = 'paid' | 'canceled';
const stories: readonly (readonly Told[])[] = [['paid'], ['paid', 'canceled'], ['canceled']];

interface Delivery {
  readonly order: number;
  readonly told: Told;
  readonly amount: number;
}

/** Picks the order that is heard of next, or something that was heard before, again. */
const interleaving = fc
  .record({
    plan: fc.array(fc.constantFrom(...stories), { minLength: 1, maxLength: 8 }),
    picks: fc.array(fc.record({ at: fc.nat(), again: fc.integer({ min: 0, max: 2 }), amount: fc.nat(9_999) }), {
      minLength: 8,
      maxLength: 40,
    }),
  })
  .map(({ plan, picks }) => deliveriesOf(plan, picks));

function deliveriesOf(
  plan: readonly (readonly Told[])[],
  picks: readonly { at: number; again: number; amount: number }[],
): readonly Delivery[] {
  const pending = plan.map((story, i) => story.map((told) => ({ order: i + 1, told })));
  const delivered: Delivery[] = [];
  for (const { at, again, amount } of picks) {
    const open = pending.filter((story) => story.length > 0);
    const fresh = open.length > 0 && (again > 0 || delivered.length === 0);
    if (!fresh && delivered.length === 0) break;
    const next = fresh ? open[at % open.length]!.shift()! : delivered[at % delivered.length]!;
    delivered.push({ ...next, amount });
  }
  return delivered;
}

const deliver = (customer: KnownCustomer, { order, told, amount }: Delivery): object[] =>
  told === 'paid' ? customer.paid(order, amount) : customer.canceled(order);

/** Written without a look at the aggregate: an order counts from its first payment to its first cancellation after it. */
class Model {
  readonly #paid = new Set<number>();
  readonly #canceled = new Set<number>();
  vip = false;

  get counting(): number {
    return [...this.#paid].filter((order) => !this.#canceled.has(order)).length;
  }

  hear({ order, told }: Delivery): void {
    if (told === 'paid') this.#paid.add(order);
    else if (this.#paid.has(order)) this.#canceled.add(order);
    this.vip ||= this.counting >= 3;
  }
}

const among = <T extends object>(events: readonly object[], type: abstract new (...args: never[]) => T): T[] =>
  events.filter((event): event is T => event instanceof type);

describe('a purchase history, whatever is heard in whatever order and however often', () => {
  it('makes a VIP exactly when the third order counts, and once', () => {
    let vips = 0;
    fc.assert(
      fc.property(interleaving, (deliveries) => {
        const [customer, model] = [given(), new Model()];
        const becoming = (delivery: Delivery) => among(deliver(customer, delivery), CustomerBecameVip).length;
        const seen = deliveries.map((delivery) => [
          becoming(delivery),
          customer.state.purchases,
          customer.state.vipSince !== null,
        ]);
        const expected = deliveries.map((delivery) => {
          const wasVip = model.vip;
          model.hear(delivery);
          return [model.vip && !wasVip ? 1 : 0, model.counting, model.vip];
        });

        expect(seen).toEqual(expected);
        if (model.vip) vips++;
      }),
      { numRuns: 2_000 },
    );
    // Else the property would hold of histories that never come to it.
    expect(vips).toBeGreaterThan(200);
  });

  it('tells of each order at most once that it counts, and at most once that it counts no longer', () => {
    fc.assert(
      fc.property(interleaving, (deliveries) => {
        const customer = given();
        const told = deliveries.flatMap((delivery) => deliver(customer, delivery));
        const orders = new Set(deliveries.map(({ order }) => orderId(order)));
        const of = <T extends { orderId: string }>(events: readonly T[]) => events.map((event) => event.orderId);
        const [counted, revoked] = [of(among(told, PurchaseRecorded)), of(among(told, PurchaseRevoked))];

        expect(counted).toHaveLength(new Set(counted).size);
        expect(revoked).toHaveLength(new Set(revoked).size);
        expect([...orders]).toEqual(expect.arrayContaining(counted));
        expect(counted).toEqual(expect.arrayContaining(revoked));
      }),
      { numRuns: 1_000 },
    );
  });
});
