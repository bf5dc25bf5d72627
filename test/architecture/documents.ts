import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

export interface Link {
  readonly text: string;
  /** From the project's folder; the document itself for a link that is only an anchor. */
  readonly target: string;
  readonly anchor?: string;
}

export interface Document {
  readonly path: string;
  readonly text: string;
}

const NOT_OURS = new Set(['node_modules', 'dist', '.data', '.git', 'coverage']);

/** Every Markdown file of the project. */
export function documents(): Document[] {
  return markdownIn('.').map((path) => ({ path, text: readFileSync(path, 'utf8') }));
}

function markdownIn(folder: string): string[] {
  const entries = readdirSync(folder, { withFileTypes: true }).filter(({ name }) => !NOT_OURS.has(name));
  return entries.flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return markdownIn(path);
    return path.endsWith('.md') ? [path] : [];
  });
}

/** The links to files and headings of the project; code blocks have none. */
export function linksIn({ path, text }: Document): Link[] {
  const prose = text.replace(/^```.*?^```/gms, '');
  return [...prose.matchAll(/\[([^\]]+)\]\(([^)\s]+)\)/g)]
    .map(([, label, url]) => ({ label: label!, url: url! }))
    .filter(({ url }) => !/^[a-z]+:/.test(url))
    .map(({ label, url }) => {
      const [file, anchor] = url.split('#') as [string, string?];
      return { text: label, target: file === '' ? path : join(dirname(path), file), anchor };
    });
}

/** As GitHub makes them. */
export function anchorsOf(markdown: string): string[] {
  return [...markdown.matchAll(/^#+ +(.*)$/gm)].map(([, heading]) =>
    heading!
      .toLowerCase()
      .replace(/[^\w\- ]/g, '')
      .replaceAll(' ', '-'),
  );
}

/** The tests that a document names: `[file](path/to/file.test.ts) › "name" › "another name"`. */
export function testsNamedIn({ path, text }: Document): { file: string; name: string }[] {
  return [...text.matchAll(/\]\(([^)]+\.test\.ts)\)((?:\s› "[^"]+")+)/g)].flatMap(([, file, names]) =>
    [...names!.matchAll(/"([^"]+)"/g)].map(([, name]) => ({ file: join(dirname(path), file!), name: name! })),
  );
}
