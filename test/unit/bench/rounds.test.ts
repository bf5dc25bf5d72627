import { describe, expect, it } from '@jest/globals';
import { inTurn } from '../../../bench/rounds.mjs';

const context = (more: object = {}) => ({ rounds: 3, warmUps: 1, say: () => undefined, ...more });

function counting(name: string, figures: number[], log: string[] = [], role = 'own') {
  let turn = 0;
  const round = async () => {
    log.push(name);
    return { rate: figures[turn++]! };
  };
  return { name, role, round };
}

describe('rounds', () => {
  it('begin with another contender each', async () => {
    const log: string[] = [];
    const names = ['a', 'b', 'c'];
    await inTurn(names.map((name) => counting(name, [1, 1, 1, 1], log)) as never, context());
    expect(log.join('')).toBe('abcbcacababc');
  });

  it('give medians that the warm-up is no part of', async () => {
    const results = await inTurn([counting('a', [1_000, 3, 1, 2])] as never, context());
    expect(results).toMatchObject([{ name: 'a', figures: { rate: { median: 2, rounds: [3, 1, 2] } } }]);
  });

  it('count from the first where nothing warms up', async () => {
    const results = await inTurn([counting('a', [5])] as never, context({ rounds: 1, warmUps: 0 }));
    expect(results).toMatchObject([{ figures: { rate: { median: 5, rounds: [5] } } }]);
  });
});

describe('a peer that fails', () => {
  const failing = { name: 'peer', role: 'peer', round: () => Promise.reject(new Error('no such table')) };

  it('is missing with its reason, and the others are measured', async () => {
    const results = await inTurn([counting('a', [1, 1, 1, 1]), failing] as never, context());
    expect(results).toMatchObject([{ figures: { rate: { median: 1 } } }, { missing: 'it failed: no such table' }]);
  });

  it('is not asked again', async () => {
    let asked = 0;
    const round = () => Promise.reject(new Error(String(++asked)));
    await inTurn([{ name: 'peer', role: 'peer', round }] as never, context());
    expect(asked).toBe(1);
  });

  it('ends the run if it is none', async () => {
    await expect(inTurn([{ ...failing, role: 'limit' }] as never, context())).rejects.toThrow('no such table');
  });
});

describe('a peer that is missing from the start', () => {
  it('stays in the results', async () => {
    const results = await inTurn([{ name: 'peer', role: 'peer', missing: 'it is not installed' }] as never, context());
    expect(results).toMatchObject([{ name: 'peer', missing: 'it is not installed' }]);
  });
});
