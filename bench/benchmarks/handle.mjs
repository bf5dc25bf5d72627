import { inTurn } from '../rounds.mjs';
import { Stage } from '../stage.mjs';

const STREAMS = 100;

/** How fast committed events go through one handler that writes a row for each. */
export async function handle(context) {
  return [
    await comparison(context, {
      use: 'ordered',
      systems: ['core', 'core-of-ten', 'bare', 'pg-transactional-outbox', 'pg-boss', 'graphile-worker', 'bullmq'],
      events: context.pick({ full: 6_000, quick: 3_000, smoke: 500 }),
      title: 'handle: a handler that writes a row for each event',
      bars: [{ figure: 'events/s', atLeast: 3, than: 'best peer that gives both' }],
    }),
  ];
}

export async function batched(context) {
  return [
    await comparison(context, {
      use: 'batched',
      systems: ['core', 'pg-boss', 'graphile-worker'],
      events: context.pick({ full: 50_000, quick: 20_000, smoke: 1_000 }),
      title: 'batched: a projection, up to 100 events in a transaction',
      bars: [{ figure: 'events/s', atLeast: 1, than: 'best peer' }],
    }),
  ];
}

async function comparison(context, { use, systems, events, title, bars }) {
  const stage = await Stage.open(context, { row: 'handle', use, systems });
  try {
    const contenders = stage.contenders(async ({ remote, check }) => {
      const perSecond = await remote.call('handling', { events, streams: STREAMS });
      await check(events);
      return { 'events/s': perSecond };
    });
    const what = `${events.toLocaleString('en')} events on ${STREAMS} streams are committed at once; then counted is the time until the last of them is handled. The handler writes one row for each.`;
    return { title, what, results: await inTurn(contenders, context), bars };
  } finally {
    await stage.close();
  }
}
