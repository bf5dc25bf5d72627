import { median } from './statistics.mjs';

/**
 * @typedef {import('./systems/catalogue.mjs').Role} Role
 * @typedef {import('./systems/catalogue.mjs').Promises} Promises
 * @typedef {{ name: string, role?: Role, gives?: Promises, how?: string }} Contestant
 * @typedef {Contestant & ({ round: () => Promise<Record<string, number>> } | { missing: string })} Contender
 * @typedef {Record<string, { median: number, rounds: number[] }>} Figures
 * @typedef {Contestant & ({ figures: Figures } | { missing: string })} Result
 */

/**
 * Lets every contender run once in each round, each round beginning with another one: what else the machine does
 * meanwhile meets them all alike. First rounds that warm up do not count. A peer that fails is missing from then on.
 *
 * @param {Contender[]} contenders
 * @param {{ rounds: number, warmUps: number, say: (text: string) => void }} context
 * @returns {Promise<Result[]>}
 */
export async function inTurn(contenders, { rounds, warmUps, say }) {
  const entries = contenders.map((contender) => ({ contender, missing: contender.missing, measured: [] }));
  for (let round = 1 - warmUps; round <= rounds; round++) {
    const present = turns(entries, round).filter(({ missing }) => !missing);
    for (const entry of present) {
      const outcome = await turn(entry, round);
      say(`${round < 1 ? 'warm-up' : `round ${round} of ${rounds}`}, ${entry.contender.name}: ${outcome}`);
    }
  }
  return entries.map(result);
}

async function turn(entry, round) {
  try {
    const figures = await entry.contender.round();
    if (round >= 1) entry.measured.push(figures);
    return inWords(figures);
  } catch (error) {
    if (entry.contender.role !== 'peer') throw error;
    entry.missing = `it failed: ${error.message}`;
    return entry.missing;
  }
}

function turns(entries, round) {
  const first = (round + entries.length) % entries.length;
  return [...entries.slice(first), ...entries.slice(0, first)];
}

function result({ contender: { name, role, gives, how }, missing, measured }) {
  const contestant = { name, role, gives, how };
  return missing ? { ...contestant, missing } : { ...contestant, figures: summary(measured) };
}

function summary(rounds) {
  return Object.fromEntries(
    Object.keys(rounds[0]).map((figure) => {
      const values = rounds.map((figures) => figures[figure]);
      return [figure, { median: median(values), rounds: values }];
    }),
  );
}

function inWords(figures) {
  return Object.entries(figures)
    .map(([figure, value]) => `${value.toPrecision(3)} ${figure}`)
    .join(', ');
}
