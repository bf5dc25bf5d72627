import { describe, expect, it } from '@jest/globals';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

interface Convention {
  readonly name: string;
  readonly files: RegExp;
  /** What is wrong with the text of a file, if anything. */
  readonly broken: (text: string, path: string) => boolean;
  /** A text that breaks it, so that a convention that can't fail is found out. */
  readonly plant: readonly [path: string, text: string];
}

const SCHEMAS: Record<string, string> = {
  order: 'orders',
  allocation: 'allocation',
  refund: 'refund',
  customer: 'customer',
  notification: 'notification',
  messaging: 'messaging',
  relay: 'relay',
};

const longerThan = (lines: number) => (text: string) => text.trimEnd().split('\n').length > lines;
const lines = (count: number) => 'x\n'.repeat(count);

const CONVENTIONS: readonly Convention[] = [
  {
    name: 'the domain takes time, ids and chance as arguments',
    files: /^src\/[^/]+\/domain\//,
    broken: (text) => /\bDate\.now\b|new Date\(\)|\brandomUUID\b|\bMath\.random\b|\bperformance\.now\b/.test(text),
    plant: ['src/order/domain/order.ts', 'const placedAt = new Date();'],
  },
  {
    name: 'the environment is read in one place',
    files: /^src\/(?!app\.config\.ts)/,
    broken: (text) => /\bprocess\.env\b/.test(text),
    plant: ['src/order/http/orders.controller.ts', 'if (process.env.DEBUG) return;'],
  },
  {
    name: 'a module touches no table of another',
    files: /^src\/[^/]+\//,
    broken: (text, path) => tablesOfOthers(path).test(text),
    plant: ['src/refund/application/x.queries.ts', 'SELECT total FROM orders.orders'],
  },
  {
    name: 'a file of the core has at most 200 lines',
    files: /^src\/(messaging|database|kernel)\/(?!migrations\/)/,
    broken: longerThan(200),
    plant: ['src/messaging/lane.ts', lines(201)],
  },
  {
    name: 'an aggregate has at most 200 lines',
    files: /^src\/[^/]+\/domain\//,
    broken: longerThan(200),
    plant: ['src/order/domain/order.ts', lines(201)],
  },
  {
    name: 'a controller has at most 120 lines',
    files: /\.controller\.ts$/,
    broken: longerThan(120),
    plant: ['src/order/http/orders.controller.ts', lines(121)],
  },
];

function tablesOfOthers(path: string): RegExp {
  const own = path.split('/')[1] ?? '';
  const others = Object.entries(SCHEMAS).filter(([module]) => module !== own);
  return new RegExp(
    `\\b(from|join|into|update|truncate|table)\\s+"?(${others.map(([, schema]) => schema).join('|')})"?\\.`,
    'i',
  );
}

function sources(folder: string): { path: string; text: string }[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((entry) => entry.endsWith('.ts'))
    .map((entry) => join(folder, entry))
    .map((path) => ({ path, text: readFileSync(path, 'utf8') }));
}

const all = sources('src');

describe.each(CONVENTIONS)('the convention "$name"', ({ files, broken, plant: [path, text] }) => {
  it('is kept', () => {
    const offenders = all.filter((file) => files.test(file.path) && broken(file.text, file.path));
    expect(offenders.map((file) => file.path)).toEqual([]);
  });

  it('finds its planted violation', () => {
    expect(files.test(path) && broken(text, path)).toBe(true);
  });
});

describe('the kernel', () => {
  it('has at most 8 files', () => {
    expect(readdirSync('src/kernel').length).toBeLessThanOrEqual(8);
  });
});
