import { describe, expect, it } from '@jest/globals';
import { preferredWait, readUntil } from '../../../src/order/http/prefer-wait.js';

describe('the header Prefer', () => {
  it.each([
    ['wait=2', 2],
    ['respond-async, wait=2', 2],
    ['wait=2; foo=bar', 2],
    ['Wait = "7"', 7],
    ['wait=0', 0],
    ['wait=3600', 10],
  ])('%s asks for a wait of %d s', (header, seconds) => {
    expect(preferredWait(header)).toBe(seconds);
  });

  it.each([[undefined], ['respond-async'], ['wait'], ['wait=soon'], ['wait=-1'], ['await=2']])(
    '%s asks for none',
    (header) => {
      expect(preferredWait(header)).toBeUndefined();
    },
  );
});

describe('a wait', () => {
  const counting = () => {
    let readings = 0;
    return async () => ++readings;
  };

  it('ends with the first reading that will do', async () => {
    expect(await readUntil(counting(), (reading) => reading === 3, 10)).toBe(3);
  });

  it('reads once when it may take no time', async () => {
    expect(await readUntil(counting(), () => false, 0)).toBe(1);
  });

  it('ends with the last reading when the time is up', async () => {
    expect(await readUntil(counting(), () => false, 0.05)).toBeGreaterThan(1);
  });
});
