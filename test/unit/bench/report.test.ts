import { describe, expect, it } from '@jest/globals';
import { asMarkdown } from '../../../bench/markdown.mjs';
import { asText } from '../../../bench/report.mjs';
import { barChart } from '../../../bench/svg.mjs';

const run = {
  command: 'npm run bench -- --quick',
  at: '2026-11-25T10:00:00.000Z',
  minutes: 4.2,
  mode: 'quick',
  machine: {
    cores: 2,
    processor: 'a processor',
    memoryGiB: 8,
    platform: 'linux',
    node: 'v20.20.2',
    systemsNode: 'v24.21.0',
    postgres: '18.4',
    packages: { 'pg-boss': '12.38.0', bullmq: 'not installed' },
  },
  comparisons: [
    {
      row: 'handle',
      title: 'handle: in order',
      what: 'Events are handled.',
      note: 'It stops there.',
      bars: [],
      results: [
        {
          name: 'Aftercommit',
          role: 'own',
          gives: { ordered: true, exactlyOnce: true },
          how: 'a durable handler',
          figures: { 'events/s': { median: 8_000, rounds: [7_000, 8_000, 9_000] } },
        },
        {
          name: 'pg-boss',
          role: 'peer',
          gives: { ordered: false, exactlyOnce: false },
          figures: { 'events/s': { median: 2_000, rounds: [2_000, 2_000, 2_000] } },
        },
        { name: 'bullmq', role: 'peer', missing: 'npm could not install it' },
      ],
      verdicts: [
        { figure: 'events/s', bar: 'at least 3 × pg-boss', value: 4, met: true },
        { figure: 'events/s', bar: 'at least 1 × nobody', met: undefined },
        { figure: 'events/s', bar: 'at least 9 × pg-boss', value: 4, met: false },
      ],
    },
  ],
} as never;

describe.each([
  { form: 'text', made: asText(run) },
  { form: 'Markdown', made: asMarkdown('report', run) },
])('the report in $form', ({ made }) => {
  it.each([
    { says: 'the command', text: 'npm run bench -- --quick' },
    { says: 'the machine', text: '2 cores (a processor), 8 GiB' },
    { says: 'both versions of Node', text: 'Node v20.20.2, for the systems v24.21.0' },
    { says: 'the versions of peers', text: 'pg-boss 12.38.0' },
    { says: 'a peer that is not there', text: 'bullmq not installed' },
    { says: 'why one is missing', text: 'missing: npm could not install it' },
    { says: 'the spread', text: '7,000 – 9,000' },
    { says: 'what is promised', text: 'order, exactly once' },
    { says: 'what is not', text: 'neither' },
    { says: 'a bar that is met', text: 'met: events/s at least 3 × pg-boss: 4.00' },
    { says: 'one that is missed', text: 'MISSED: events/s at least 9 × pg-boss: 4.00' },
    { says: 'one that could not be judged', text: 'not judged: events/s at least 1 × nobody' },
  ])('says $says', ({ text }) => {
    expect(made).toContain(text);
  });

  it('gives the ratio to Aftercommit', () => {
    const line = made.split('\n').find((each: string) => /pg-boss.*2,000/.test(each));
    expect(line).toMatch(/\b0\.25\b/);
  });
});

describe('the report in Markdown', () => {
  const made = asMarkdown('report', run);

  it('counts the bars', () => {
    expect(made).toContain('Bars: 1 met, 1 missed, 1 not judged.');
  });

  it('says that it is of a quick run', () => {
    expect(made).toContain('quick run');
  });

  it('shows the plot beside it', () => {
    expect(made).toContain('![handle: in order](report-01-handle.svg)');
  });

  it('has as many cells in each row of a table', () => {
    const tables = made.split(/\n\n/).filter((part: string) => part.startsWith('|'));
    for (const table of tables) {
      const widths = table
        .trim()
        .split('\n')
        .map((row: string) => row.split('|').length);
      expect(new Set(widths).size).toBe(1);
    }
    expect(tables).toHaveLength(2);
  });
});

describe('a plot', () => {
  const bar = { label: 'a <b> & c', value: 50, least: 40, most: 100, emphasis: true };
  const plot = barChart([{ title: 'events/s', bars: [bar, { ...bar, value: 100, emphasis: false }] }]);
  const widths = [...plot.matchAll(/<rect x="230"[^>]* width="([\d.]+)"/g)].map(([, width]) => Number(width));

  it('has bars as long as their figures', () => {
    expect(widths).toHaveLength(2);
    expect(widths[1]! / widths[0]!).toBeCloseTo(2);
  });

  it('keeps the longest within its width', () => {
    expect(230 + widths[1]!).toBeLessThanOrEqual(760);
  });

  it('is XML whatever the labels are', () => {
    expect(plot).toContain('a &lt;b&gt; &amp; c');
  });

  it('has a bar of nothing for nothing', () => {
    const empty = barChart([{ title: 'ms', bars: [{ label: 'a', value: 0, least: 0, most: 0, emphasis: true }] }]);
    expect(empty).not.toContain('NaN');
  });
});
