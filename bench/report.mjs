import { cpus, platform, totalmem } from 'node:os';

/**
 * @typedef {import('./rounds.mjs').Result} Result
 * @typedef {{ figure: string, atLeast?: number, atMost?: number, below?: number }} Bar a ratio to the second system's
 *   figure; or `below`, which every system's figure must be
 * @typedef {{ title: string, results: Result[], bars: Bar[] }} Comparison Aftercommit first, then the one to compare with
 */

export function machine(postgresVersion) {
  const cores = cpus();
  return {
    cores: cores.length,
    processor: cores[0]?.model ?? 'unknown',
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    platform: platform(),
    node: process.version,
    postgres: postgresVersion,
  };
}

/** @param {Comparison} comparison */
export function verdicts({ results, bars }) {
  const [own, peer] = results;
  return bars.map(({ figure, atLeast, atMost, below }) => {
    if (below !== undefined) return absoluteVerdict(results, figure, below);
    const ratio = own.figures[figure].median / peer.figures[figure].median;
    const met = ratio >= (atLeast ?? 0) && ratio <= (atMost ?? Infinity);
    const bar = atLeast === undefined ? `at most ${atMost}` : `at least ${atLeast}`;
    return { figure, ratio, bar: `${bar} of ${peer.name}`, met };
  });
}

function absoluteVerdict(results, figure, below) {
  const worst = Math.max(...results.map(({ figures }) => figures[figure].median));
  return { figure, worst, bar: `below ${below}`, met: worst < below };
}

/**
 * @param {Comparison[]} comparisons
 * @param {ReturnType<typeof machine>} on
 */
export function asText(comparisons, on) {
  const { cores, processor, memoryGiB, node, postgres } = on;
  return [
    `${cores} cores (${processor}), ${memoryGiB} GiB, Node ${node}, PostgreSQL ${postgres}, fsync and synchronous_commit on`,
    'Medians of the rounds, beside them the least and the most; "ratio" is to the second line of each table.',
    ...comparisons.flatMap((comparison) => ['', ...asTable(comparison), ...verdicts(comparison).map(inWords)]),
  ].join('\n');
}

function asTable({ title, results }) {
  const names = Object.keys(results[0].figures);
  const head = ['', ...names.flatMap((name) => [name, 'ratio', 'least – most'])];
  const rows = results.map(({ name, figures }) => [
    name,
    ...names.flatMap((figure) => cells(figures[figure], results[1]?.figures[figure])),
  ]);
  const widths = head.map((_, column) => Math.max(...[head, ...rows].map((row) => row[column].length)));
  const align = (cell, column) => (column === 0 ? cell.padEnd(widths[column]) : cell.padStart(widths[column]));
  return [title, ...[head, ...rows].map((row) => `  ${row.map(align).join('  ')}`)];
}

function cells({ median, rounds }, peer) {
  const range = `${number(Math.min(...rounds))} – ${number(Math.max(...rounds))}`;
  return [number(median), peer ? (median / peer.median).toFixed(2) : '–', range];
}

function inWords({ figure, ratio, worst, bar, met }) {
  return `  ${met ? 'met' : 'MISSED'}: ${figure} ${bar}: ${(ratio ?? worst).toFixed(2)}`;
}

function number(value) {
  return value < 100 ? value.toFixed(2) : Math.round(value).toLocaleString('en');
}
