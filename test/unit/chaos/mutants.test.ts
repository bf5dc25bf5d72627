import { describe, expect, it } from '@jest/globals';
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { check } from '../../../chaos/checks/index.mjs';
import { History } from '../../../chaos/history.mjs';
import { applyPatch, readPatch } from '../../../chaos/patch.mjs';
import { temporaryFolder } from '../../support/temporary-folder.js';
import { validRun } from './recorded-run.js';

const files = readdirSync('chaos/mutants');
const mutants = files.map((name) => readPatch(join('chaos/mutants', name)));
const rows = check(new History(validRun().settle())).map(({ id }) => id);

const DIFF = `What it breaks,
in two lines.

Faults: kill, stall
Caught-by: log.lost

--- a/poem.txt
+++ b/poem.txt
@@ -1,3 +1,3 @@
 roses
-are red
+are blue
 violets
@@ -8,2 +8,3 @@
 so
+they say
 are you
`;
const POEM = 'roses\nare red\nviolets\ntoo\nand\nso\nare you\n';

describe('the mutants', () => {
  it('are these', () => {
    expect(files.map((name) => name.replace('.patch', ''))).toEqual([
      'append-before-lock',
      'new-gateway-key',
      'no-fence',
      'order-by-xid',
      'progress-apart',
      'publish-after-commit',
      'sequence-cache',
      'trusted-commit',
    ]);
  });

  it.each(mutants)('$name still applies to the code, and changes something', (mutant) => {
    const written: string[] = [];
    applyPatch(mutant, '.', (file) => void written.push(file));
    expect(written.length).toBeGreaterThan(0);
  });

  it.each(mutants)('$name changes at most 5 lines of src', ({ changed, replacements }) => {
    expect(changed).toBeGreaterThan(0);
    expect(changed).toBeLessThanOrEqual(5);
    expect(replacements.map(({ path }) => path.split('/')[0])).toEqual(replacements.map(() => 'src'));
  });

  it.each(mutants)(
    '$name says what it breaks, which faults show it, and which rows must',
    ({ says, faults, caughtBy }) => {
      expect(says).toMatch(/^[A-Z].*\.$/);
      expect(faults).not.toEqual([]);
      expect(caughtBy.filter((row) => !rows.includes(row))).toEqual([]);
      expect(caughtBy).not.toEqual([]);
    },
  );
});

describe('a patch', () => {
  const written = async (name: string, text: string) => {
    const folder = await temporaryFolder();
    writeFileSync(join(folder, name), text);
    return folder;
  };
  const read = async (text = DIFF) => readPatch(join(await written('poem.patch', text), 'poem.patch'));

  it('is read with its headers', async () => {
    const { replacements, ...head } = await read();
    const facts = {
      name: 'poem',
      says: 'What it breaks, in two lines.',
      faults: ['kill', 'stall'],
      caughtBy: ['log.lost'],
      seconds: 0,
      drain: 0,
    };
    expect(head).toEqual({ ...facts, changed: 2 });
    expect(replacements[0]).toEqual({
      path: 'poem.txt',
      before: 'roses\nare red\nviolets\n',
      after: 'roses\nare blue\nviolets\n',
    });
  });

  it('replaces its lines, wherever they are', async () => {
    const texts: string[] = [];
    applyPatch(await read(), await written('poem.txt', `a title\n${POEM}`), (_, text) => void texts.push(text));
    expect(texts).toEqual(['a title\nroses\nare blue\nviolets\ntoo\nand\nso\nthey say\nare you\n']);
  });

  it.each([
    ['are gone', POEM.replace('are red', 'are rosy'), '0 times'],
    ['are there twice', POEM + POEM, '2 times'],
  ])('does not apply where its lines %s', async (_, poem, says) => {
    const folder = await written('poem.txt', poem);
    const patch = await read();
    expect(() => applyPatch(patch, folder)).toThrow(says);
  });
});
