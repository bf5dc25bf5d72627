import { ratio } from './verdicts.mjs';

/**
 * @typedef {import('./machine.mjs').Machine} Machine
 * @typedef {import('./verdicts.mjs').Comparison & { row: string, verdicts: import('./verdicts.mjs').Verdict[] }} Judged
 * @typedef {{ command: string, at: string, minutes: number, mode: string, machine: Machine, comparisons: Judged[] }} Run
 */

/** @param {Run} run */
export function asText({ command, machine, comparisons }) {
  return [
    command,
    inWords(machine),
    'Medians of the rounds, beside them the least and the most; "×" is the ratio to Aftercommit.',
    ...comparisons.flatMap((each) => ['', each.title, ...asLines(table(each)), ...each.verdicts.map(verdictInWords)]),
    '',
  ].join('\n');
}

/** @param {Machine} machine */
export function inWords({ cores, processor, memoryGiB, node, systemsNode, postgres, packages }) {
  const peers = Object.entries(packages).map(([name, version]) => `${name} ${version}`);
  return [
    `${cores} cores (${processor}), ${memoryGiB} GiB`,
    `Node ${node}${systemsNode === node ? '' : `, for the systems ${systemsNode}`}`,
    `PostgreSQL ${postgres} with fsync and synchronous_commit`,
    ...peers,
  ].join('; ');
}

/** Heading and rows; what is missing has its reason in the second column. @param {Judged} comparison */
export function table({ results }) {
  const names = Object.keys(results.find(({ figures }) => figures)?.figures ?? {});
  const head = ['', 'promises', ...names.flatMap((name) => [name, '×', 'least – most'])];
  const rows = results.map((result) => [
    result.name,
    ...(result.figures
      ? [promises(result), ...names.flatMap((name) => cells(results, result, name))]
      : [`missing: ${result.missing}`]),
  ]);
  return rows.some(([, promised]) => promised) ? [head, ...rows] : [head, ...rows].map((row) => row.toSpliced(1, 1));
}

function promises({ gives }) {
  if (!gives) return '';
  const promised = [gives.ordered && 'order', gives.exactlyOnce && 'exactly once'].filter(Boolean);
  return promised.join(', ') || 'neither';
}

function cells(results, result, figure) {
  const { median, rounds } = result.figures[figure];
  const range = `${number(Math.min(...rounds))} – ${number(Math.max(...rounds))}`;
  return [number(median), ratio(results, result, figure)?.toFixed(2) ?? '', range];
}

function asLines(rows) {
  const complete = rows.filter(({ length }) => length === rows[0].length);
  const widths = rows[0].map((_, column) => Math.max(...complete.map((row) => row[column].length)));
  const align = (cell, column) => (column === 0 ? cell.padEnd(widths[column]) : cell.padStart(widths[column] ?? 0));
  return rows.map((row) => `  ${row.map(align).join('  ')}`);
}

/** @param {import('./verdicts.mjs').Verdict} verdict */
export function verdictInWords({ figure, bar, value, met }) {
  if (met === undefined) return `  not judged: ${figure} ${bar}`;
  return `  ${met ? 'met' : 'MISSED'}: ${figure} ${bar}: ${number(value)}`;
}

export function number(value) {
  return value < 100 ? value.toFixed(2) : Math.round(value).toLocaleString('en');
}
