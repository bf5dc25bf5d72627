import { describe, expect, it } from '@jest/globals';
import { spawnSync } from 'node:child_process';

/** Of the example before and after it adopted the messaging core: lines added and taken away, by file. */
function difference(): { file: string; added: number; removed: number }[] {
  const folders = ['examples/adopting/before', 'examples/adopting/after'];
  const { stdout } = spawnSync('git', ['diff', '--no-index', '--numstat', '-z', ...folders], { encoding: 'utf8' });
  return [...stdout.matchAll(/(\d+)\t(\d+)\t\0[^\0]+\0examples\/adopting\/after\/([^\0]+)\0/g)].map(
    ([, added, removed, file]) => ({ file: file!, added: Number(added), removed: Number(removed) }),
  );
}

describe('the application in examples/adopting', () => {
  it('adopts the messaging core by at most 15 lines; of those that it had, only its list of migrations changes', () => {
    const changes = difference();
    const sum = (count: 'added' | 'removed') => changes.reduce((total, change) => total + change[count], 0);
    expect(sum('added')).toBeGreaterThan(0);
    expect(sum('added')).toBeLessThanOrEqual(15);
    expect(sum('removed')).toBeLessThanOrEqual(1);
  });

  it('keeps its handlers, its saga and its entities as they are', () => {
    expect(difference().map(({ file }) => file)).toEqual(['package.json', 'src/app.module.ts', 'src/events.ts']);
  });
});
