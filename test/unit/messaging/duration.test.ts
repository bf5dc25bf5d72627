import { describe, expect, it } from '@jest/globals';
import type { Duration } from '../../../src/messaging/decorators.js';
import { milliseconds, settingsFrom } from '../../../src/messaging/options.js';

describe('a duration', () => {
  it.each<[Duration, number]>([
    ['250ms', 250],
    ['10s', 10_000],
    ['1.5s', 1_500],
    ['5m', 300_000],
    ['2h', 7_200_000],
    ['1d', 86_400_000],
    ['0s', 0],
    [42, 42],
  ])('%s is %d ms', (duration, ms) => {
    expect(milliseconds(duration)).toBe(ms);
  });

  it.each(['', '10', 's', '10 s', '-1s', '1w', '10S', '1e3s', '10s ', '1.s', '1h30m'])('"%s" is none', (text) => {
    expect(() => milliseconds(text as Duration)).toThrow(RangeError);
  });

  it.each([-1, NaN, Infinity])('%d is none', (number) => {
    expect(() => milliseconds(number)).toThrow(RangeError);
  });
});

describe('the settings', () => {
  it('hold every duration in milliseconds', () => {
    expect(() => settingsFrom({ lease: '2s' })).toThrow('at least 3s');
    const settings = settingsFrom({ lease: '1m', shutdownTimeout: '2s', retry: ['1s', '1m'] });
    expect(settings).toMatchObject({ leaseMs: 60_000, shutdownTimeoutMs: 2_000, retry: [1_000, 60_000] });
  });

  it('by default try again after 1 and 2 seconds, and then for hours', () => {
    expect(settingsFrom({}).retry).toEqual([1_000, 2_000, 10_000, 60_000, 300_000, 1_800_000, 7_200_000]);
  });

  it('refuse a duration that is none when the application starts', () => {
    expect(() => settingsFrom({ retry: ['soon' as Duration] })).toThrow('"soon" is no duration');
  });
});
