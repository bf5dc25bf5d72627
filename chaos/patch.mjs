import { readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';

/**
 * @typedef {{ path: string, before: string, after: string }} Replacement one hunk: lines that must be there once, and
 *   what comes in their place
 * @typedef {{ name: string, says: string, faults: string[], caughtBy: string[], seconds: number, drain: number, replacements:
 *   Replacement[], changed: number }} Patch `changed` counts lines, one that is replaced by another as one
 */

/**
 * Reads a mutant: what it breaks, then the headers `Faults` (kinds that bring it to light) and `Caught-by` (rows of the
 * checker, one of which must), where it has to be longer than others `Seconds` of faults, and `Drain` where the rows need
 * what was begun to be done (seconds that it may take), then a unified diff.
 *
 * @param {string} file @returns {Patch}
 */
export function readPatch(file) {
  const text = readFileSync(file, 'utf8');
  const [head, ...files] = text.split(/^--- a\/.*\n\+\+\+ b\//m);
  const list = (header) => new RegExp(`^${header}: (.*)$`, 'm').exec(head)?.[1].split(', ') ?? [];
  const hunks = files.flatMap(hunksOf);
  return {
    name: basename(file, '.patch'),
    says: head
      .split(/^\S+: /m)[0]
      .trim()
      .replaceAll('\n', ' '),
    faults: list('Faults'),
    caughtBy: list('Caught-by'),
    seconds: Number(list('Seconds')[0] ?? 0),
    drain: Number(list('Drain')[0] ?? 0),
    replacements: hunks.map(({ path, lines }) => ({ path, before: side(lines, '-'), after: side(lines, '+') })),
    changed: hunks.reduce((sum, { lines }) => sum + Math.max(count(lines, '-'), count(lines, '+')), 0),
  };
}

function hunksOf(text) {
  const [path, ...hunks] = text.split(/\n?^@@ .*\n/m);
  return hunks.map((hunk) => ({ path: path.trim(), lines: hunk.replace(/\n$/, '').split('\n') }));
}

const count = (lines, sign) => lines.filter((line) => line.startsWith(sign)).length;

/** What the file has before (`-`) or after (`+`) the change. */
function side(lines, sign) {
  const kept = lines.filter((line) => line.startsWith(sign) || !/^[-+]/.test(line));
  return kept.map((line) => `${line.slice(1)}\n`).join('');
}

/**
 * Wherever in the file the lines are by now, as long as they are there once.
 *
 * @param {Patch} patch
 * @param {string} folder
 * @param {(file: string, text: string) => void} [write]
 */
export function applyPatch({ name, replacements }, folder, write = writeFileSync) {
  const texts = new Map();
  for (const { path, before, after } of replacements) {
    const file = join(folder, path);
    const parts = (texts.get(file) ?? readFileSync(file, 'utf8')).split(before);
    if (parts.length !== 2)
      throw new Error(`${name} does not apply to ${path}: its lines are there ${parts.length - 1} times.`);
    texts.set(file, parts.join(after));
  }
  for (const [file, text] of texts) write(file, text);
}
