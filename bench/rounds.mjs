import { median } from './statistics.mjs';

/**
 * @typedef {{ name: string, round: () => Promise<Record<string, number>> }} Contender
 * @typedef {{ name: string, figures: Record<string, { median: number, rounds: number[] }> }} Result
 */

/**
 * Lets every contender run once in each round, each round beginning with another one: what else the machine does
 * meanwhile meets them all alike. A first round warms up and does not count.
 *
 * @param {Contender[]} contenders
 * @param {{ rounds: number, say: (text: string) => void }} context
 * @returns {Promise<Result[]>}
 */
export async function inTurn(contenders, { rounds, say }) {
  const measured = contenders.map(() => []);
  for (let round = 0; round <= rounds; round++) {
    for (const index of turns(contenders.length, round)) {
      const { name, round: run } = contenders[index];
      const figures = await run();
      measured[index].push(figures);
      say(`${round === 0 ? 'warm-up' : `round ${round} of ${rounds}`}, ${name}: ${inWords(figures)}`);
    }
  }
  return contenders.map(({ name }, index) => ({ name, figures: summary(measured[index].slice(1)) }));
}

function turns(count, first) {
  return Array.from({ length: count }, (_, turn) => (first + turn) % count);
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
