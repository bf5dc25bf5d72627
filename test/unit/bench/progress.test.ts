import { describe, expect, it } from '@jest/globals';
import { atLeast, reasonOf } from '../../../bench/peers.mjs';
import { whereItStops } from '../../../bench/benchmarks/scale-out.mjs';
import { Progress } from '../../../bench/progress.mjs';

describe('the progress', () => {
  const rows = [
    { name: 'publish', seconds: 60 },
    { name: 'handle', seconds: 120 },
  ];

  it('expects what rows usually take, and later what they took', () => {
    const lines: string[] = [];
    let now = 0;
    const progress = new Progress(
      rows,
      (line) => lines.push(line),
      () => now,
    );
    progress.next();
    now = 30_000;
    progress.next();
    expect(lines).toEqual([
      '— row 1 of 2: publish; 0:00 elapsed, about 3:00 to go',
      '— row 2 of 2: handle; 0:30 elapsed, about 1:00 to go',
    ]);
  });
});

describe('the Node that a peer needs', () => {
  it.each([
    { version: '22.18.0', wanted: '22.18.0', enough: true },
    { version: '24.0.0', wanted: '22.18.0', enough: true },
    { version: '22.9.9', wanted: '22.18.0', enough: false },
    { version: '20.20.2', wanted: '22.12.0', enough: false },
    { version: '22.18.1', wanted: '22.18', enough: true },
  ])('$version for $wanted: $enough', ({ version, wanted, enough }) => {
    expect(atLeast(version, wanted)).toBe(enough);
  });
});

describe('an installation that failed', () => {
  it('is told by the code that npm gives', () => {
    expect(reasonOf('npm error code ENOTFOUND\nnpm error A complete log of this run: /home/someone/log')).toBe(
      'ENOTFOUND',
    );
  });

  it('is told also where npm is not there', () => {
    expect(reasonOf(null)).toBe('npm ci failed');
  });
});

describe('scaling out', () => {
  const result = (name: string, rate: number, busy: number) => ({
    name,
    figures: { 'events/s': { median: rate, rounds: [] }, 'CPU %': { median: busy, rounds: [] } },
  });
  const results = (...rates: number[]) =>
    rates.map((rate, i) => result(`${2 ** i} instances`, rate, 50 + i * 20)) as never;

  it('stops at the last number of instances that brought more', () => {
    expect(whereItStops(results(100, 180, 185))).toBe(
      'It stops growing at 2 instances, which handle 1.80 times what one handles, at 70 % of the processors.',
    );
  });

  it('may not stop within what was measured', () => {
    expect(whereItStops(results(100, 180, 300))).toContain('It grows up to 4 instances');
  });

  it('may stop at one', () => {
    expect(whereItStops(results(100, 100, 300))).toBe(
      'One instance, at 50 % of the processors, handles as much as two.',
    );
  });
});
