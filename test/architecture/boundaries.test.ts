import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';

const CONFIG = resolve('.dependency-cruiser.cjs');
const rules: { name: string }[] = createRequire(CONFIG)(CONFIG).forbidden;

const LAWFUL = {
  'src/main.ts': `import './app.module.js';`,
  'src/app.module.ts': `import './order/order.module.js';\nimport './refund/refund.module.js';`,
  'src/kernel/money.ts': `export const zero = 0;`,
  'src/messaging/index.ts': `export * from './message.js';`,
  'src/messaging/message.ts': `import '../kernel/money.js';\nexport const message = 1;`,
  'src/order/index.ts': `export * from './contract/events.js';`,
  'src/order/order.module.ts': `import './application/place-order.js';`,
  'src/order/contract/events.ts': `import '../../messaging/index.js';\nexport const placed = 1;`,
  'src/order/domain/order.ts': `import '../contract/events.js';\nimport '../../kernel/money.js';\nexport const order = 1;`,
  'src/order/application/place-order.ts': `import '../domain/order.js';\nimport '../../refund/index.js';`,
  'src/refund/index.ts': `export * from './contract/events.js';`,
  'src/refund/refund.module.ts': `import './domain/refund.js';\nimport '../order/index.js';`,
  'src/refund/contract/events.ts': `export const captured = 1;`,
  'src/refund/domain/refund.ts': `export const refund = 1;`,
};

/** For each rule one file that breaks it, and breaks no other. */
const PLANTS: Record<string, Record<string, string>> = {
  'modules-only-through-their-index': {
    'src/order/application/planted.ts': `import '../../refund/domain/refund.js';`,
  },
  'index-exports-the-contract': { 'src/order/index.ts': `export * from './domain/order.js';` },
  'domain-is-pure': { 'src/order/domain/planted.ts': `import '../application/place-order.js';` },
  'contract-is-flat': { 'src/order/contract/planted.ts': `import '../../refund/index.js';` },
  'messaging-knows-no-application': { 'src/messaging/planted.ts': `import '../order/index.js';` },
  'kernel-stands-alone': { 'src/kernel/planted.ts': `import '../order/index.js';` },
  'nothing-imports-the-root': { 'src/order/http/planted.ts': `import '../../app.module.js';` },
  'no-cycles': {
    'src/order/http/one.ts': `import './two.js';`,
    'src/order/http/two.ts': `import './one.js';`,
  },
};

/** Dependencies on packages count as well, not only those on our own folders. */
const MORE_PLANTS: Record<string, string> = {
  'src/order/domain/planted.ts': `import 'typeorm';`,
  'src/refund/domain/planted.ts': `import { randomUUID } from 'node:crypto';\nexport const id = randomUUID();`,
  'src/order/contract/planted.ts': `import 'typeorm';`,
};

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'aftercommit-boundaries-'));
});

afterAll(() => rm(folder, { recursive: true }));

async function cruise(name: string, files: Record<string, string>) {
  const tree = join(folder, name);
  for (const [path, text] of Object.entries({ ...LAWFUL, ...files })) {
    await mkdir(dirname(join(tree, path)), { recursive: true });
    await writeFile(join(tree, path), text);
  }
  const program = resolve('node_modules/dependency-cruiser/bin/dependency-cruise.mjs');
  const { status, stdout } = spawnSync(process.execPath, [program, '--config', CONFIG, 'src'], {
    cwd: tree,
    encoding: 'utf8',
  });
  const broken = [...stdout.matchAll(/^ {2}error ([\w-]+):/gm)].map((match) => match[1]);
  return { status, broken: [...new Set(broken)] };
}

describe('the rules of what may import what', () => {
  it('leave a lawful tree alone', async () => {
    expect(await cruise('lawful', {})).toEqual({ status: 0, broken: [] });
  });

  it('have a planted violation each', () => {
    expect(Object.keys(PLANTS)).toEqual(rules.map((rule) => rule.name));
  });

  it.each(Object.entries(PLANTS))('%s finds its violation', async (rule, files) => {
    const { status, broken } = await cruise(rule, files);
    expect(status).not.toBe(0);
    expect(broken).toEqual([rule]);
  });

  it.each(Object.entries(MORE_PLANTS))('a package that does not belong there is found in %s', async (path, text) => {
    const { status } = await cruise(`package-${path.replaceAll('/', '-')}`, { [path]: text });
    expect(status).not.toBe(0);
  });
});
