// `npm run package`: builds the npm package that other applications install, and prints where its tarball is. It has a
// manifest of its own, since that of the service would bring its web server and its payment gateway along.
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { freshen, run } from './fresh.mjs';

const TARGET = 'dist/package';

/** What an application has anyway: two copies of one of these in a process don't know each other's classes. */
const PEERS = {
  '@nestjs/common': '^12.0.0',
  '@nestjs/core': '^12.0.0',
  '@nestjs/cqrs': '^12.0.0',
  '@nestjs/typeorm': '^12.0.0',
  pg: '^8.16.0',
  'reflect-metadata': '^0.2.0',
  rxjs: '^7.2.0',
  typeorm: '^1.1.0',
};
const BIN = 'dist/messaging/migrations/print-sql.js';

/** Returns the tarball's path. */
export function pack() {
  const root = JSON.parse(readFileSync('package.json', 'utf8'));
  rmSync(TARGET, { recursive: true, force: true });
  mkdirSync(TARGET, { recursive: true });
  run(process.execPath, ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.package.json']);
  chmodSync(join(TARGET, BIN), 0o755);
  const manifest = manifestOf(root);
  writeFileSync(join(TARGET, 'package.json'), `${JSON.stringify(manifest, undefined, 2)}\n`);
  writeFileSync(join(TARGET, 'README.md'), readme());
  writeFileSync(join(TARGET, 'LICENSE'), readFileSync('LICENSE'));
  checkImports(manifest);
  const { stdout, status } = spawnSync('npm', ['pack', '--json', '--silent', '--pack-destination', resolve('dist')], {
    cwd: TARGET,
    encoding: 'utf8',
    shell: process.platform === 'win32',
  });
  if (status !== 0) throw new Error('npm pack failed');
  return resolve('dist', Object.values(JSON.parse(stdout))[0].filename);
}

function manifestOf({ name, version, license, type, engines, keywords, exports, dependencies, devDependencies }) {
  return {
    name,
    version,
    description:
      'Makes plain @nestjs/cqrs transactional and durable on PostgreSQL: outbox, ordered consumers, sagas, queue.',
    license,
    type,
    engines,
    keywords,
    exports: exportsOf(exports),
    bin: { 'aftercommit-messaging-sql': BIN },
    files: ['dist'],
    peerDependencies: PEERS,
    dependencies: {
      // Its copies find each other through a global, so that the application may have another one.
      '@opentelemetry/api': dependencies['@opentelemetry/api'],
      // The declarations name pg's types.
      '@types/pg': devDependencies['@types/pg'],
      uuid: dependencies.uuid,
      zod: dependencies.zod,
    },
  };
}

/** Those of the repository's own package.json, which point to its build; what isn't built yet is left out. */
function exportsOf(exports) {
  const built = Object.entries(exports).map(([entry, file]) => [entry, file.replace('./dist/src/', './dist/')]);
  const found = built.filter(([, file]) => existsSync(join(TARGET, file)));
  const typed = found.map(([entry, file]) => [entry, { types: file.replace(/\.js$/, '.d.ts'), default: file }]);
  return { ...Object.fromEntries(typed), './package.json': './package.json' };
}

/** Links to sources lead to what was built of them; those to the rest of the repository become plain text. */
function readme() {
  return readFileSync('src/messaging/README.md', 'utf8')
    .replaceAll(/\[([^\]]+)\]\((?:\.\.\/)+[^)]*\)/g, '$1')
    .replaceAll(/\]\(([\w/-]+)\.ts\)/g, '](dist/messaging/$1.js)');
}

/** Every package that the code imports is declared, and the other way round. */
function checkImports({ peerDependencies, dependencies }) {
  const files = readdirSync(join(TARGET, 'dist'), { recursive: true }).filter((file) => /\.(js|d\.ts)$/.test(file));
  const imported = new Set(files.flatMap((file) => packagesIn(readFileSync(join(TARGET, 'dist', file), 'utf8'))));
  const declared = Object.keys({ ...peerDependencies, ...dependencies }).filter((name) => !name.startsWith('@types/'));
  const undeclared = [...imported].filter((name) => !declared.includes(name));
  const unused = declared.filter((name) => !imported.has(name));
  if (undeclared.length > 0) throw new Error(`imported, but not declared: ${undeclared.join(', ')}`);
  if (unused.length > 0) throw new Error(`declared, but not imported: ${unused.join(', ')}`);
}

function packagesIn(text) {
  const specifiers = [...text.matchAll(/(?: from |^import |\bimport\()['"]([@\w][^'"\s]*)['"]/gm)].map(
    ([, name]) => name,
  );
  return specifiers.filter((name) => !name.startsWith('node:')).map((name) => /^(?:@[^/]+\/)?[^/]+/.exec(name)[0]);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  freshen();
  console.log(pack());
}
