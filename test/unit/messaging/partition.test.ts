import { describe, expect, it } from '@jest/globals';
import { PARTITIONS, partitionOf } from '../../../src/messaging/partition.js';

describe('the partition of a stream', () => {
  // FNV-1a of the first three, as published: 811c9dc5, e40c292c, bf9cf968; its halves are combined, modulo 16.
  it.each([
    ['', 9],
    ['a', 0],
    ['foobar', 4],
    ['order-1', 2],
    ['order-00000000-0000-7000-8000-000000000000', 15],
    ['straße', 14],
    ['日本', 7],
  ])('of "%s" is %d for ever, for its events are stored with it', (key, partition) => {
    expect(partitionOf(key)).toBe(partition);
  });

  it('is spread evenly over numbered streams', () => {
    const counts = Array.from({ length: PARTITIONS }, () => 0);
    for (let id = 0; id < 16_000; id++) counts[partitionOf(`order-${id}`)]!++;
    expect(Math.min(...counts)).toBeGreaterThan(800);
    expect(Math.max(...counts)).toBeLessThan(1_200);
  });
});
