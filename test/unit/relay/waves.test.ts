import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { RelayedEvent } from '../../../src/messaging/index.js';
import { wavesOf } from '../../../src/relay/infrastructure/waves.js';

const event = (stream: string | undefined, position: number) =>
  ({ id: String(position), position, stream: stream && { type: 'order', id: stream, version: 1 } }) as RelayedEvent;
const positions = (waves: readonly RelayedEvent[][]) => waves.map((wave) => wave.map(({ position }) => position));

describe('a page of events', () => {
  it('goes out in waves that have one event of a stream at most', () => {
    const page = [event('a', 1), event('a', 2), event('b', 3), event('a', 4), event('b', 5)];
    expect(positions(wavesOf(page))).toEqual([[1, 3], [2, 5], [4]]);
  });

  it('goes out at once where its events have no order', () => {
    expect(positions(wavesOf([event(undefined, 1), event(undefined, 2)]))).toEqual([[1, 2]]);
  });

  it('keeps each stream’s order, and has each event once', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom('a', 'b', 'c', undefined)), (streams) => {
        const page = streams.map((stream, i) => event(stream, i));
        const waves = wavesOf(page);
        for (const id of ['a', 'b', 'c']) {
          const own = waves.map((wave) => wave.filter(({ stream }) => stream?.id === id));
          expect(own.every((part) => part.length <= 1)).toBe(true);
          expect(own.flat()).toEqual(page.filter(({ stream }) => stream?.id === id));
        }
        expect(waves.flat()).toHaveLength(page.length);
      }),
    );
  });
});
