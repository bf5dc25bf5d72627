import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually } from '../../support/eventually.js';
import { RUNS } from '../../support/runs.js';
import { Till, TOTAL } from './till.js';

/** As many at once as keep the pools busy, and no more. */
const AT_ONCE = 25;
/** Some twenty times what it takes on two idle cores. */
const LIMIT_MS = 240_000;

let till: Till;

beforeAll(async () => {
  till = await Till.open();
  await till.stock();
});
afterAll(() => till.close());

interface Race {
  readonly orderId: string;
  readonly intents: readonly string[];
}

/** Orders whose customer was asked to pay, and the intents that can be paid. */
async function order(...intentsOf: readonly ((orderId: string) => Promise<string>)[]): Promise<Race> {
  const orderId = await till.place();
  const intents: string[] = [];
  for (const open of intentsOf) intents.push(await open(orderId));
  return { orderId, intents };
}

const open = (orderId: string) => till.intent(orderId);
/** It may have been withdrawn in the meantime. */
const paid = new Set<string>();
const pay = (intent: string): Promise<void> =>
  till.sandbox.pay(intent).then(
    () => void paid.add(intent),
    () => undefined,
  );

async function run(race: () => Promise<Race>): Promise<readonly Race[]> {
  const races: Race[] = [];
  while (races.length < RUNS) races.push(...(await Promise.all(Array.from({ length: AT_ONCE }, race))));
  return races;
}

/** What the gateway has kept of each order, once our books say that all of them are settled. */
async function keptOf(races: readonly Race[], expected: number): Promise<ReadonlySet<number>> {
  const orderIds = races.map(({ orderId }) => orderId);
  const intents = races.flatMap((race) => race.intents).filter((intent) => paid.has(intent));
  const isSettled = async () => {
    const [{ unsettled }] = await till.database.query<[{ unsettled: number }]>(UNSETTLED, [
      orderIds,
      intents,
      expected,
    ]);
    if (unsettled === 0) return true;
    throw new Error(`${unsettled} orders are not settled`);
  };
  await eventually(isSettled, { within: LIMIT_MS });
  await till.messaging.settled();
  const book = await till.sandbox.book();
  const kept = new Map(book.intents.map(({ id, status, amount }) => [id, status === 'succeeded' ? amount : 0]));
  for (const { payment_intent: id, amount } of book.refunds) kept.set(id, kept.get(id)! - amount);
  return new Set(races.map((race) => race.intents.reduce((sum, id) => sum + kept.get(id)!, 0)));
}

/** Paid intents that we have not heard of, and orders of which we keep another amount or still owe a refund. */
const UNSETTLED = /* sql */ `
  select (select count(*) from unnest($2::text[]) as intent where not exists (
            select 1 from refund.payments where gateway_payment_id = intent and status = 'captured'))::int
       + (select count(*) from unnest($1::uuid[]) as id
           where exists (select 1 from refund.refunds where order_id = id and status not in ('succeeded', 'canceled'))
              or (select sum(captured - refund_total) from refund.payments
                   where order_id = id and captured > 0) <> $3)::int as unsettled`;

describe(`${RUNS} of ${RUNS} times the customer ends up with exactly what is owed`, () => {
  it(
    'when a capture crosses a cancellation',
    async () => {
      const races = await run(async () => {
        const race = await order(open);
        await Promise.all([pay(race.intents[0]!), till.cancel(race.orderId)]);
        return race;
      });
      expect(await keptOf(races, 0)).toEqual(new Set([0]));
    },
    LIMIT_MS,
  );

  it(
    'when it is paid twice at once',
    async () => {
      const races = await run(async () => {
        const race = await order(open, open);
        await Promise.all(race.intents.map(pay));
        return race;
      });
      expect(await keptOf(races, TOTAL)).toEqual(new Set([TOTAL]));
    },
    LIMIT_MS,
  );

  it(
    'when it is paid too much',
    async () => {
      const races = await run(async () => {
        const race = await order((orderId) => till.intentPastUs(orderId, TOTAL + 500));
        await Promise.all(race.intents.map(pay));
        return race;
      });
      expect(await keptOf(races, TOTAL)).toEqual(new Set([TOTAL]));
    },
    LIMIT_MS,
  );

  it(
    'when it is paid while, and after, it expires',
    async () => {
      const races = await run(async () => {
        const race = await order(open, (orderId) => till.intentPastUs(orderId));
        await Promise.all([pay(race.intents[0]!), till.expire(race.orderId)]);
        await pay(race.intents[1]!);
        return race;
      });
      expect(await keptOf(races, 0)).toEqual(new Set([0]));
    },
    LIMIT_MS,
  );

  it(
    'when all of it is paid while a line of it is canceled',
    async () => {
      const races = await run(async () => {
        const race = await order(open);
        await Promise.all([pay(race.intents[0]!), till.cancelLines(race.orderId, 400)]);
        return race;
      });
      expect(await keptOf(races, 600)).toEqual(new Set([600]));
    },
    LIMIT_MS,
  );

  it(
    'when staff refunds in the dashboard while it is canceled',
    async () => {
      const races = await run(async () => {
        const race = await order(open);
        await pay(race.intents[0]!);
        const byStaff = till.sandbox.refundInDashboard(race.intents[0]!, 700).catch((): void => undefined);
        await Promise.all([byStaff, till.cancel(race.orderId)]);
        return race;
      });
      expect(await keptOf(races, 0)).toEqual(new Set([0]));
    },
    LIMIT_MS,
  );
});
