import { describe, expect, it } from '@jest/globals';
import { Portions } from '../../../bench/portions.mjs';

const limits = { seconds: 5, least: 2_000, most: 10_000 };

async function portionsOf(perSecond: number[], { system = 'core', portions = new Portions(limits) } = {}) {
  const sizes: number[] = [];
  for (const rate of perSecond) {
    await portions.hand(system, async (events) => {
      sizes.push(events);
      return { 'events/s': rate };
    });
  }
  return sizes;
}

describe('the portion of events that a system gets in a turn', () => {
  it.each([
    { system: 'a slow system', perSecond: 98, portion: 2_000 },
    { system: 'one in between', perSecond: 1_000.04, portion: 5_000 },
    { system: 'a fast one', perSecond: 9_000, portion: 10_000 },
  ])('is, after the least of them in its first turn, $portion for $system', async ({ perSecond, portion }) => {
    expect(await portionsOf([perSecond, perSecond])).toEqual([2_000, portion]);
  });

  it('stays as the first turn showed it', async () => {
    expect(await portionsOf([1_000, 90, 5_000, 5_000])).toEqual([2_000, 5_000, 5_000, 5_000]);
  });

  it('is its own for each system', async () => {
    const portions = new Portions(limits);
    await portionsOf([9_000, 9_000], { portions });
    expect(await portionsOf([800, 800], { system: 'boss', portions })).toEqual([2_000, 4_000]);
  });

  it('comes with what was measured', async () => {
    const figures = { 'events/s': 800, 'claim ms': 2 };
    expect(await new Portions({ seconds: 5, least: 1, most: 2 }).hand('core', async () => figures)).toBe(figures);
  });

  it.each([
    { least: 3_000, words: '3,000 events' },
    { least: 2_000, words: 'As many events as take some 5 s, 2,000 to 3,000,' },
  ])('is said in words: $words', ({ least, words }) => {
    expect(new Portions({ seconds: 5, least, most: 3_000 }).inWords()).toBe(words);
  });
});
