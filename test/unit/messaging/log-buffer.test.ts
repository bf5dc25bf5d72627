import { beforeEach, describe, expect, it } from '@jest/globals';
import type { StoredEvent } from '../../../src/messaging/event-log.js';
import { BUFFER_LIMIT, LogBuffer } from '../../../src/messaging/log-buffer.js';

const at = (...positions: number[]) => positions.map((position) => ({ position }) as StoredEvent);
const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => from + i);
const positions = (events: readonly StoredEvent[]) => events.map(({ position }) => position);

describe('a log buffer', () => {
  let buffer: LogBuffer;

  beforeEach(() => {
    buffer = new LogBuffer(100);
  });

  describe('that is new', () => {
    it('holds nothing and covers what comes after its beginning', () => {
      expect(buffer.scannedTo).toBe(100);
      expect(buffer.after(100, 10)).toEqual([]);
      expect(buffer.covers(100)).toBe(true);
      expect(buffer.covers(99)).toBe(false);
    });
  });

  describe('to which pages were added', () => {
    beforeEach(() => {
      buffer.add(at(103, 107), 100, 110);
      buffer.add([], 110, 120);
      buffer.add(at(121, 130), 120, 130);
    });

    it('knows how far the log was read, also where there was nothing for it', () => {
      expect(buffer.scannedTo).toBe(130);
    });

    it.each([
      [100, [103, 107, 121, 130]],
      [102, [103, 107, 121, 130]],
      [103, [107, 121, 130]],
      [115, [121, 130]],
      [130, []],
      [999, []],
    ])('gives what comes after %d', (position, expected) => {
      expect(positions(buffer.after(position, 10))).toEqual(expected);
      expect(buffer.countAfter(position)).toBe(expected.length);
    });

    it('gives no more than was asked for', () => {
      expect(positions(buffer.after(103, 2))).toEqual([107, 121]);
    });
  });

  describe('after a gap', () => {
    it('begins anew behind it', () => {
      buffer.add(at(103), 100, 110);
      buffer.add(at(205), 200, 210);
      expect(buffer.covers(110)).toBe(false);
      expect(buffer.covers(200)).toBe(true);
      expect(positions(buffer.after(200, 10))).toEqual([205]);
      expect(buffer.countAfter(0)).toBe(1);
    });
  });

  describe('that is full', () => {
    it('drops the older half and covers only what is left', () => {
      const last = 100 + BUFFER_LIMIT;
      buffer.add(at(...range(101, last)), 100, last);
      expect(buffer.covers(100)).toBe(true);
      buffer.add(at(last + 1), last, last + 1);
      expect(buffer.countAfter(0)).toBe(BUFFER_LIMIT / 2);
      const oldest = last + 2 - BUFFER_LIMIT / 2;
      expect(positions(buffer.after(0, 1))).toEqual([oldest]);
      expect(buffer.covers(oldest - 1)).toBe(true);
      expect(buffer.covers(oldest - 2)).toBe(false);
      expect(positions(buffer.after(last, 10))).toEqual([last + 1]);
    });
  });
});
