import { mkdir, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { inWords, table, verdictInWords } from './report.mjs';
import { barChart } from './svg.mjs';

/**
 * Writes the report, and beside it the plots that it shows.
 *
 * @param {string} path
 * @param {import('./report.mjs').Run} run
 */
export async function saveReport(path, run) {
  const stem = basename(path, '.md');
  await mkdir(dirname(path), { recursive: true });
  for (const [index, comparison] of run.comparisons.entries()) {
    await writeFile(join(dirname(path), plotName(stem, comparison, index)), barChart(panelsOf(comparison)));
  }
  await writeFile(path, asMarkdown(stem, run));
}

/** @param {string} stem of the report's name @param {import('./report.mjs').Run} run */
export function asMarkdown(stem, run) {
  return `${[...introduction(run), ...run.comparisons.flatMap((each, i) => section(each, plotName(stem, each, i)))].join('\n')}\n`;
}

function introduction({ command, at, minutes, mode, machine, comparisons }) {
  const all = comparisons.flatMap(({ verdicts }) => verdicts);
  const count = (met) => all.filter((verdict) => verdict.met === met).length;
  return [
    '# Benchmarks',
    '',
    `\`${command}\`, ${at.slice(0, 10)}, ${Math.round(minutes)} minutes.`,
    ...(mode === 'full' ? [] : [`This was a ${mode} run: its rounds are few and short.`]),
    '',
    `${inWords(machine)}.`,
    '',
    'All systems of a row are measured in one run on one PostgreSQL, in turn, each in a process of its own. Figures are the',
    'medians of the rounds; "×" is the ratio to Aftercommit. Absolute figures vary from machine to machine; ratios are the result.',
    '',
    `Bars: ${count(true)} met, ${count(false)} missed, ${count(undefined)} not judged.`,
    '',
    ...asTable([
      ['row', 'bar', 'is', ''],
      ...comparisons.flatMap(({ title, verdicts }) =>
        verdicts.map(({ figure, bar, value, met }) => [
          title,
          `${figure} ${bar}`,
          value?.toFixed(2) ?? '–',
          met === undefined ? 'not judged' : met ? 'met' : '**missed**',
        ]),
      ),
    ]),
  ];
}

function section(comparison, plot) {
  const { title, what, note, results, verdicts } = comparison;
  const hows = results.filter(({ how }) => how).map(({ name, how }) => `- ${name}: ${how}`);
  return [
    '',
    `## ${title}`,
    '',
    what,
    '',
    ...(hows.length > 0 ? [...hows, ''] : []),
    ...asTable(table(comparison)),
    '',
    ...verdicts.map((verdict) => `-${verdictInWords(verdict).slice(1)}`),
    ...(note ? ['', note] : []),
    '',
    `![${title}](${plot})`,
  ];
}

function asTable([head, ...rows]) {
  const line = (cells) => `| ${head.map((_, i) => (cells[i] ?? '').replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(head), `|${head.map((_, i) => (i === 0 ? ' --- |' : ' ---: |')).join('')}`, ...rows.map(line)];
}

function panelsOf({ results }) {
  const measured = results.filter(({ figures }) => figures);
  return Object.keys(measured[0]?.figures ?? {}).map((figure) => ({
    title: figure,
    bars: measured.map(({ name, role, figures }) => ({
      label: name,
      value: figures[figure].median,
      least: Math.min(...figures[figure].rounds),
      most: Math.max(...figures[figure].rounds),
      emphasis: role === 'own',
    })),
  }));
}

function plotName(stem, { row }, index) {
  return `${stem}-${String(index + 1).padStart(2, '0')}-${row}.svg`;
}
