import { describe, expect, it } from '@jest/globals';
import { existsSync, readFileSync } from 'node:fs';
import { type Document, documents, testsNamedIn } from './documents.js';

const concepts = documents().find(({ path }) => path === 'docs/concepts.md') as Document;

/** `- **Concept.** where it lives. Shown by … › "test", …` or `Planned.` */
const entries = concepts.text
  .slice(0, concepts.text.indexOf('## Different on purpose'))
  .split(/^- /m)
  .slice(1)
  .map((entry) => /^\*\*(?<concept>.+?)\*\* (?<rest>.*)$/s.exec(entry)!.groups as { concept: string; rest: string });

const missing = ({ file, name }: { file: string; name: string }): boolean =>
  !existsSync(file) || !["'", '"', '`'].some((quote) => readFileSync(file, 'utf8').includes(quote + name + quote));

describe('the concepts', () => {
  it('are all there', () => {
    expect(entries.length).toBeGreaterThanOrEqual(45);
  });

  it.each(entries)('name a file and a test, or say that they are not built: $concept', ({ rest }) => {
    const isShown = /` in \[.*Shown by \[.* › "/s.test(rest);
    expect(isShown || /^(Planned\.|Not built, )/.test(rest)).toBe(true);
  });

  it.each(entries)('name what is in the file that they link to: $concept', ({ rest }) => {
    const named = [...rest.matchAll(/`([^`]+)` in \[[^\]]+\]\(\.\.\/([^)]+)\)/g)];
    const absent = named.filter(([, name, file]) => !readFileSync(file!, 'utf8').includes(name!));
    expect(absent.map(([text]) => text)).toEqual([]);
  });
});

describe.each(documents())('the tests that $path names', (document) => {
  it('are there', () => {
    expect(testsNamedIn(document).filter(missing)).toEqual([]);
  });
});

describe('a document that names a test that is gone', () => {
  it('is found out', () => {
    const text = '[links](../test/architecture/links.test.ts) › "is found out" › "was renamed"';
    const file = 'test/architecture/links.test.ts';
    expect(testsNamedIn({ path: 'docs/planted.md', text }).filter(missing)).toEqual([{ file, name: 'was renamed' }]);
  });
});
