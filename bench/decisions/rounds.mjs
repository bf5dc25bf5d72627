import { median } from '../statistics.mjs';

/** @typedef {{ name: string, round: () => Promise<Record<string, number>> }} Contender */

/**
 * Every contender once in each round, each round beginning with another one; the first round warms up.
 *
 * @param {Contender[]} contenders
 */
export async function inTurn(contenders, { rounds, say }) {
  const measured = contenders.map(({ name }) => ({ name, rounds: [] }));
  for (let round = 0; round <= rounds; round++) {
    for (const index of turns(contenders.length, round)) {
      const { name, round: measure } = contenders[index];
      const figures = await measure();
      say(`round ${round} of ${rounds}: ${name}: ${inWords(figures)}`);
      measured[index].rounds.push(figures);
    }
  }
  return measured.map(({ name, rounds: all }) => ({ name, figures: summary(all.slice(1)) }));
}

const turns = (count, first) => Array.from({ length: count }, (_, turn) => (first + turn) % count);

function summary(rounds) {
  const valuesOf = (figure) => rounds.map((figures) => figures[figure]);
  const figures = Object.keys(rounds[0]).map((figure) => [figure, valuesOf(figure)]);
  return Object.fromEntries(figures.map(([figure, values]) => [figure, { median: median(values), rounds: values }]));
}

/** Medians, and in brackets the least and the most. */
export function table(results) {
  return results.map(({ name, figures }) => `  ${name}\n${linesOf(figures)}`).join('');
}

function linesOf(figures) {
  const lines = Object.entries(figures).map(([figure, { median: middle, rounds }]) => {
    const range = `${short(Math.min(...rounds))} – ${short(Math.max(...rounds))}`;
    return `    ${figure.padEnd(48)}${short(middle).padStart(10)}   (${range})\n`;
  });
  return lines.join('');
}

const short = (value) => Number(value.toPrecision(3)).toLocaleString('en');

const inWords = (figures) =>
  Object.entries(figures)
    .map(([figure, value]) => `${short(value)} ${figure}`)
    .join(', ');
