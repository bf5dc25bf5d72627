import { describe, expect, it } from '@jest/globals';
import { parseOptions, USAGE } from '../../../bench/options.mjs';
import { ROWS } from '../../../bench/rows.mjs';

describe('the options of the benchmark', () => {
  it('are every row, at full length, unless told otherwise', () => {
    expect(parseOptions([])).toMatchObject({ mode: 'full', only: Object.keys(ROWS), help: false });
  });

  it('choose rows, which keep their order', () => {
    expect(parseOptions(['--quick', '--only', 'latency, publish'])).toMatchObject({
      mode: 'quick',
      only: ['publish', 'latency'],
    });
  });

  it.each([
    { args: ['--only', 'speed'], because: 'No row is called "speed"' },
    { args: ['--only', ''], because: 'No row is called ""' },
    { args: ['--quick', '--smoke'], because: 'not both' },
    { args: ['--from', 'a.json'], because: '--report' },
    { args: ['--from', 'a.json', '--report', 'a.md', '--quick'], because: '--report only' },
    { args: ['--fast'], because: '--fast' },
  ])('refuse $args', ({ args, because }) => {
    expect(() => parseOptions(args)).toThrow(because);
  });

  it('make a report from figures', () => {
    expect(parseOptions(['--from', 'a.json', '--report', 'a.md'])).toMatchObject({ from: 'a.json', report: 'a.md' });
  });

  it.each(Object.keys(ROWS))('name the row %s in their help', (row) => {
    expect(USAGE).toContain(row);
  });
});
