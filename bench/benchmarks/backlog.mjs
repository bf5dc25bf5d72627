import { Portions } from '../portions.mjs';
import { inTurn } from '../rounds.mjs';
import { Stage } from '../stage.mjs';

const STREAMS = 100;
const SYSTEMS = ['core', 'pg-boss', 'graphile-worker'];
/** The most that is written in one transaction. */
const PART = 100_000;

/** What a long backlog costs: how fast events are handled, and how long asking for the next ones takes. */
export async function backlog(context) {
  const waiting = context.pick({ full: 1_000_000, quick: 100_000, smoke: 2_000 });
  const [least, most] = context.pick({ full: [2_000, 10_000], quick: [3_000, 3_000], smoke: [200, 200] });
  const portions = new Portions({ seconds: 5, least, most });
  const fresh = await Stage.open(context, { row: 'fresh', use: 'ordered', systems: SYSTEMS });
  const behind = await Stage.open(context, { row: 'behind', use: 'ordered', systems: SYSTEMS });
  try {
    await behind.fill(async (remote, name) => {
      for (let done = 0; done < waiting; done += PART) {
        await remote.call('hand', { events: Math.min(PART, waiting - done), streams: STREAMS, first: done / STREAMS });
      }
      context.say(`${waiting.toLocaleString('en')} wait for ${name}`);
    });
    // By its schema: with and without a backlog a system gets as many, and its first turn is with one.
    const contenders = [
      ...behind.contenders((system) => portions.hand(system.schema, (events) => catchUp(system, events))),
      ...fresh.contenders((system) => portions.hand(system.schema, (events) => handle(system, events))),
    ];
    const results = await inTurn(contenders.map(asFresh), context);
    return [comparison(results, { waiting, portions })];
  } finally {
    await behind.close();
    await fresh.close();
  }
}

async function catchUp({ remote, claims }, events) {
  return claims(() => remote.call('catchingUp', events));
}

async function handle({ remote, claims, check }, events) {
  const figures = await claims(() => remote.call('handling', { events, streams: STREAMS }));
  await check(events);
  return figures;
}

/** The second half of the contenders: the core's own figure without a backlog is the one not to fall behind. */
function asFresh(contender, index, { length }) {
  if (index < length / 2) return contender;
  return { ...contender, name: `${contender.name}, fresh`, role: contender.role === 'own' ? 'limit' : contender.role };
}

function comparison(results, { waiting, portions }) {
  const half = results.length / 2;
  const pairs = results.slice(0, half).flatMap((behind, i) => [behind, results[half + i]]);
  const many = waiting.toLocaleString('en');
  return {
    title: `backlog: while ${many} events wait`,
    what: `${portions.inWords()} are handled while ${many} wait, and as many that come to an empty queue. "claim ms" is how long the server takes for the statement that asks for work.`,
    results: pairs,
    bars: [{ figure: 'events/s', atLeast: 0.9, than: 'limit' }],
  };
}
