import { describe, expect, it } from '@jest/globals';
import { ratio, verdicts } from '../../../bench/verdicts.mjs';

const BOTH = { ordered: true, exactlyOnce: true };
const result = (name: string, rate: number, more: object = {}) => ({
  name,
  figures: { rate: { median: rate, rounds: [rate] } },
  ...more,
});
const own = (rate: number) => result('Aftercommit', rate, { role: 'own' });
const peer = (name: string, rate: number, gives = BOTH) => result(name, rate, { role: 'peer', gives });
const limit = (rate: number) => result('by hand', rate, { role: 'limit' });
const judge = (results: object[], bar: object) =>
  verdicts({ title: '', what: '', results, bars: [{ figure: 'rate', ...bar }] } as never)[0];

describe('a bar to the limit', () => {
  it('is met by the ratio of the medians', () => {
    const verdict = judge([own(80), limit(100)], { atLeast: 0.8, than: 'limit' });
    expect(verdict).toMatchObject({ value: 0.8, met: true });
  });

  it('is missed below it', () => {
    const verdict = judge([own(79), limit(100)], { atLeast: 0.8, than: 'limit' });
    expect(verdict).toMatchObject({ value: 0.79, met: false });
  });
});

describe('a bar to the best peer', () => {
  const peers = [peer('slow', 10), peer('fast', 50), limit(1_000)];

  it('takes the one with the most where more is better', () => {
    expect(judge([own(60), ...peers], { atLeast: 1, than: 'best peer' })).toMatchObject({ value: 1.2, met: true });
    expect(judge([own(40), ...peers], { atLeast: 1, than: 'best peer' })).toMatchObject({ value: 0.8, met: false });
  });

  it('takes the one with the least where less is better', () => {
    expect(judge([own(20), ...peers], { atMost: 1, than: 'best peer' })).toMatchObject({ value: 2, met: false });
    expect(judge([own(5), ...peers], { atMost: 1, than: 'best peer' })).toMatchObject({ value: 0.5, met: true });
  });

  it('names it', () => {
    expect(judge([own(60), ...peers], { atLeast: 1, than: 'best peer' })!.bar).toBe('at least 1 × fast (best peer)');
  });

  it('leaves out the peers that are missing', () => {
    const missing = { name: 'gone', role: 'peer', gives: BOTH, missing: 'it is not installed' };
    expect(judge([own(60), missing, peer('there', 30)], { atLeast: 1, than: 'best peer' })!.value).toBe(2);
  });

  it('is not judged, and so not met, without any', () => {
    const verdict = judge([own(60), limit(100)], { atLeast: 1, than: 'best peer' });
    expect(verdict!.met).toBeUndefined();
    expect(verdict!.bar).toContain('missing');
  });
});

describe('a bar to the best peer that gives order and exactly once', () => {
  it('is not compared with faster ones that give less', () => {
    const results = [
      own(90),
      peer('both', 30),
      peer('unordered', 500, { ordered: false, exactlyOnce: true }),
      peer('at least once', 400, { ordered: true, exactlyOnce: false }),
    ];
    expect(judge(results, { atLeast: 3, than: 'best peer that gives both' })).toMatchObject({
      bar: 'at least 3 × both (best peer that gives both)',
      value: 3,
      met: true,
    });
  });
});

describe('a bar without an opponent', () => {
  it('is met only when the worst figure meets it', () => {
    const results = [result('one filter', 10), result('another', 60)];
    expect(judge(results, { atMost: 50 })).toMatchObject({ bar: 'at most 50', value: 60, met: false });
    expect(judge(results, { atMost: 60 })).toMatchObject({ value: 60, met: true });
  });

  it('is not about peers and limits', () => {
    expect(judge([own(1), peer('busy', 20), limit(30)], { atMost: 1 })).toMatchObject({ value: 1, met: true });
  });
});

describe('ratios', () => {
  it('are to Aftercommit, whose own is 1', () => {
    const results = [own(40), peer('other', 10)] as never[];
    expect(results.map((each) => ratio(results, each, 'rate'))).toEqual([1, 0.25]);
  });

  it('are not given where nothing is Aftercommit', () => {
    const results = [result('one', 40)] as never[];
    expect(ratio(results, results[0]!, 'rate')).toBeUndefined();
  });
});
