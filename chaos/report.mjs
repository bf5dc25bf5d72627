/** Enough to see what happened; the rest is in the JSON. */
const EXAMPLES = 5;

/** @typedef {import('./row.mjs').Row} Row */

/** @param {Row[]} rows */
export function asText(rows) {
  const head = ['', 'must be', 'found', 'verdict'];
  const lines = rows.map(({ column, mustBe, found, verdict }) => [column, mustBe, found, verdict]);
  const widths = head.map((_, index) => Math.max(...[head, ...lines].map((line) => line[index].length)));
  const aligned = [head, ...lines].map((line) =>
    line
      .map((cell, i) => cell.padEnd(widths[i]))
      .join('  ')
      .trimEnd(),
  );
  return [...aligned, ...rows.flatMap(examplesOf)].join('\n');
}

function examplesOf({ id, column, violations }) {
  if (violations.length === 0) return [];
  const more = violations.length - EXAMPLES;
  return [
    '',
    `${id}: ${column}`,
    ...violations.slice(0, EXAMPLES).map((violation) => `  ${violation}`),
    ...(more > 0 ? [`  … and ${more} more`] : []),
  ];
}
