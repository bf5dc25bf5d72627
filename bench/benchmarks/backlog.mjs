import { inTurn } from '../rounds.mjs';
import { Stage } from '../stage.mjs';

const STREAMS = 100;
const SYSTEMS = ['core', 'pg-boss', 'graphile-worker'];
/** The most that is written in one transaction. */
const PART = 100_000;

/** What a long backlog costs: how fast events are handled, and how long asking for the next ones takes. */
export async function backlog(context) {
  const waiting = context.pick({ full: 1_000_000, quick: 100_000, smoke: 2_000 });
  const events = context.pick({ full: 10_000, quick: 3_000, smoke: 200 });
  const fresh = await Stage.open(context, { row: 'fresh', use: 'ordered', systems: SYSTEMS });
  const behind = await Stage.open(context, { row: 'behind', use: 'ordered', systems: SYSTEMS });
  try {
    await behind.fill(async (remote, name) => {
      for (let done = 0; done < waiting; done += PART) {
        await remote.call('hand', { events: Math.min(PART, waiting - done), streams: STREAMS, first: done / STREAMS });
      }
      context.say(`${waiting.toLocaleString('en')} wait for ${name}`);
    });
    const load = { events, streams: STREAMS };
    const contenders = [
      ...behind.contenders(({ remote, claims }) => claims(() => remote.call('catchingUp', events))),
      ...fresh.contenders(({ remote, claims }) => claims(() => remote.call('handling', load))),
    ];
    const rounds = context.pick({ full: 3, quick: 3, smoke: 1 });
    const results = await inTurn(contenders.map(asFresh), { ...context, say: context.say, rounds });
    return [comparison(results, { waiting, events })];
  } finally {
    await behind.close();
    await fresh.close();
  }
}

/** The second half of the contenders: the core's own figure without a backlog is the one not to fall behind. */
function asFresh(contender, index, { length }) {
  if (index < length / 2) return contender;
  return { ...contender, name: `${contender.name}, fresh`, role: contender.role === 'own' ? 'limit' : contender.role };
}

function comparison(results, { waiting, events }) {
  const half = results.length / 2;
  const pairs = results.slice(0, half).flatMap((behind, i) => [behind, results[half + i]]);
  const [many, few] = [waiting, events].map((n) => n.toLocaleString('en'));
  return {
    title: `backlog: while ${many} events wait`,
    what: `${few} events are handled while ${many} wait, and as many that come to an empty queue. "claim ms" is how long the server takes for the statement that asks for work.`,
    results: pairs,
    bars: [{ figure: 'events/s', atLeast: 0.9, than: 'limit' }],
  };
}
