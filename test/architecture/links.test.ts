import { describe, expect, it } from '@jest/globals';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { anchorsOf, type Document, documents, linksIn, type Link } from './documents.js';

const broken = ({ target, anchor }: Link): boolean =>
  !existsSync(target) || (anchor !== undefined && !anchorsOf(readFileSync(target, 'utf8')).includes(anchor));

const brokenLinksIn = (document: Document): string[] =>
  linksIn(document)
    .filter(broken)
    .map(({ text }) => text);

describe.each(documents())('the document $path', (document) => {
  it('links only to what is there', () => {
    expect(brokenLinksIn(document)).toEqual([]);
  });
});

describe("the messaging core's README", () => {
  it('tells of every file', () => {
    const named = linksIn({ path: 'src/messaging/README.md', text: readFileSync('src/messaging/README.md', 'utf8') });
    const told = new Set(named.map(({ target }) => target));
    const files = readdirSync('src/messaging').filter((file) => file.endsWith('.ts'));
    expect(files.filter((file) => !told.has(`src/messaging/${file}`))).toEqual([]);
  });
});

describe('a document with broken links', () => {
  it('is found out', () => {
    const text = '[a](../README.md) [b](nowhere.md) [c](../README.md#no-such-heading) [d](https://example.com)';
    expect(brokenLinksIn({ path: 'docs/planted.md', text })).toEqual(['b', 'c']);
  });
});
