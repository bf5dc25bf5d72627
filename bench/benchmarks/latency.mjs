import { inTurn } from '../rounds.mjs';
import { Stage } from '../stage.mjs';

const PER_SECOND = 500;
const STREAMS = 100;

/** How long after its commit an event reaches its handler. */
export async function latency(context) {
  const stage = await Stage.open(context, {
    row: 'latency',
    use: 'latency',
    systems: ['core', 'bare', 'pg-boss', 'graphile-worker'],
  });
  const events = PER_SECOND * context.pick({ full: 7, quick: 3, smoke: 0.5 });
  try {
    const contenders = stage.contenders(async ({ remote, check }) => {
      const figures = await remote.call('latencies', { events, perSecond: PER_SECOND, streams: STREAMS });
      await check(events);
      return figures;
    });
    return [
      {
        title: `latency: from the end of the commit to the start of the handler, ${PER_SECOND} events/s`,
        what: 'Publishers and handlers share a process; a transaction begins at its time, whether or not those of other streams are done.',
        results: await inTurn(contenders, context),
        bars: ['p50 ms', 'p99 ms'].map((figure) => ({ figure, atMost: 1, than: 'best peer' })),
      },
    ];
  } finally {
    await stage.close();
  }
}
