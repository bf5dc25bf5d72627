import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { DomainError } from '../../../src/kernel/domain-error.js';
import type { Refund } from '../../../src/refund/domain/refund.js';
import { givenRefund, LATER } from './given-payment.js';

/** What a gateway knows: what was refunded under which key. It answers a key again as it did before. */
class Gateway {
  readonly answers = new Map<string, 'succeeded' | 'refused' | 'broken'>();
  refunded = 0;

  call(key: string, answer: 'succeeded' | 'refused' | 'broken', effect: boolean): 'succeeded' | 'refused' | 'broken' {
    const kept = this.answers.get(key);
    if (kept) return kept;
    this.answers.set(key, answer);
    if (effect) this.refunded += 1;
    return answer;
  }
}

interface World {
  readonly refund: Refund;
  readonly gateway: Gateway;
}

type Step = (world: World) => void;

const ben = { by: 'operator:ben', note: null };

/** A person tries, and may be told no. */
const person =
  (act: (refund: Refund) => void): Step =>
  ({ refund }) => {
    try {
      act(refund);
    } catch (error) {
      if (!(error instanceof DomainError)) throw error;
    }
  };

const record = ({ refund }: World, outcome: Parameters<Refund['record']>[1]): void =>
  refund.record(refund.state.generation, outcome, LATER);

const execute =
  (answer: 'succeeded' | 'refused' | 'broken', effect: boolean, heard: boolean): Step =>
  (world) => {
    const next = world.refund.begin(world.refund.state.generation, LATER);
    if (!next || next === 'look_up') return;
    const first = !world.gateway.answers.has(next.idempotencyKey);
    const said = world.gateway.call(next.idempotencyKey, answer, effect);
    if (!heard) return;
    if (said === 'succeeded') record(world, { status: 'succeeded', gatewayRefundId: 're_1' });
    if (said === 'refused') record(world, { status: 'failed', code: 'refused' });
    if (said === 'broken' && !first) lookUp(world);
  };

/** Only after an error that is kept under the key, as ExecuteRefund does it. */
const lookUp: Step = (world) =>
  record(
    world,
    world.gateway.refunded > 0 ? { status: 'succeeded', gatewayRefundId: 're_1' } : { status: 'not_refunded' },
  );

const giveUp: Step = ({ refund }) => refund.giveUp(refund.state.generation, 'outcome_unknown', LATER);

const steps: Record<string, Step> = {
  'succeeds, heard': execute('succeeded', true, true),
  'succeeds, not heard': execute('succeeded', true, false),
  'refuses, heard': execute('refused', false, true),
  'refuses, not heard': execute('refused', false, false),
  'breaks before it refunds': execute('broken', false, true),
  'breaks after it has refunded': execute('broken', true, true),
  'is given up': giveUp,
  'is retried': person((refund) => refund.retry(ben, LATER)),
  'is resolved': person((refund) => refund.resolve('SEPA-1', ben, LATER)),
  'is canceled': person((refund) => refund.cancel(ben, LATER)),
};

describe('a refund, whatever the gateway and people do, in any order', () => {
  const histories = fc.array(fc.constantFrom(...Object.keys(steps)), { maxLength: 30 });

  it('is never made twice, never canceled after it was made, and never said to be made when it was not', () => {
    fc.assert(
      fc.property(histories, (history) => {
        const world = { refund: givenRefund().aggregate, gateway: new Gateway() };
        for (const step of history) steps[step]!(world);
        const { status } = world.refund.state;
        expect(world.gateway.refunded).toBeLessThanOrEqual(1);
        if (status === 'succeeded') expect(world.gateway.refunded).toBe(1);
        if (status === 'canceled' || status === 'failed') expect(world.gateway.refunded).toBe(0);
      }),
      { numRuns: 2_000 },
    );
  });

  it('can be made in the end, by a retry and a gateway that works', () => {
    fc.assert(
      fc.property(histories, (history) => {
        const world = { refund: givenRefund().aggregate, gateway: new Gateway() };
        for (const step of history) steps[step]!(world);
        if (world.refund.state.status === 'resolved' || world.refund.state.status === 'canceled') return;
        // The second call meets the error that the gateway keeps, or the new key after it.
        for (let i = 0; i < 3; i++) {
          steps['is given up']!(world);
          steps['is retried']!(world);
          steps['succeeds, heard']!(world);
        }
        expect(world).toMatchObject({ refund: { state: { status: 'succeeded' } }, gateway: { refunded: 1 } });
      }),
      { numRuns: 1_000 },
    );
  });
});
