import { describe, expect, it } from '@jest/globals';
import { type OpenRefund, replacedBy } from '../../../src/refund/domain/replacement.js';
import type { RefundStatus } from '../../../src/refund/domain/refund.state.js';

const refund = (id: string, status: RefundStatus, amount: number): OpenRefund => ({ id, status, amount });
const ids = (replaced: readonly OpenRefund[] | undefined) => replaced?.map(({ id }) => id);

describe('a refund in the dashboard', () => {
  it('takes the place of nothing where nothing waits', () => {
    expect(replacedBy(40, 100, [])).toEqual([]);
    expect(ids(replacedBy(40, 60, [refund('a', 'requested', 40), refund('b', 'pending', 40)]))).toEqual([]);
  });

  it('is what people do about a refund that failed', () => {
    expect(ids(replacedBy(40, 60, [refund('a', 'failed', 40)]))).toEqual(['a']);
  });

  it('leaves a failed one alone that it does not cover, while there is room for both', () => {
    expect(ids(replacedBy(10, 60, [refund('a', 'failed', 40)]))).toEqual([]);
  });

  it('takes the place of what the gateway would refuse, having no room for both', () => {
    expect(ids(replacedBy(40, 0, [refund('a', 'failed', 100)]))).toEqual(['a']);
    expect(ids(replacedBy(100, 0, [refund('a', 'requested', 60), refund('b', 'failed', 40)]))).toEqual(['b', 'a']);
  });

  it('takes no more places than it needs', () => {
    expect(ids(replacedBy(40, 0, [refund('a', 'requested', 50), refund('b', 'requested', 50)]))).toEqual(['a']);
  });

  it('waits for one that is on its way, where only that could make room', () => {
    expect(replacedBy(100, 0, [refund('a', 'processing', 100)])).toBeUndefined();
    expect(ids(replacedBy(40, 40, [refund('a', 'processing', 60)]))).toEqual([]);
  });

  it('waits for nothing that will not make room: too much went back', () => {
    expect(ids(replacedBy(100, 0, [refund('a', 'pending', 40)]))).toEqual([]);
  });
});
