import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const STAMP = 'dist/.built-from';

/** Installs and builds what is missing or older than what it is made from. Needs nothing but Node and npm. */
export function freshen() {
  if (installationIsStale()) {
    say('Installing packages …');
    run('npm', ['ci', '--loglevel=error', '--no-audit', '--no-fund']);
  }
  const sources = fingerprint();
  if (existsSync(STAMP) && readFileSync(STAMP, 'utf8') === sources) return;
  say('Building …');
  run(process.execPath, ['scripts/build.mjs']);
  writeFileSync(STAMP, sources);
}

export function say(text) {
  process.stderr.write(`${text}\n`);
}

/** Ends this process with the exit code of a command that failed. */
export function run(command, args, options = {}) {
  const { status, error } = spawnSync(command, args, {
    stdio: 'inherit',
    shell: process.platform === 'win32',
    ...options,
  });
  if (error) say(`${command}: ${error.message}`);
  if (status !== 0) process.exit(status ?? 1);
}

function installationIsStale() {
  const installed = statSync('node_modules/.package-lock.json', { throwIfNoEntry: false });
  return !installed || installed.mtimeMs < statSync('package-lock.json').mtimeMs;
}

/** Names, sizes and times: a deleted source counts as well. */
function fingerprint() {
  const files = ['ormconfig.ts', 'scripts/build.mjs', 'tsconfig.json', 'tsconfig.build.json', 'package-lock.json'];
  for (const entry of readdirSync('src', { recursive: true, withFileTypes: true })) {
    if (entry.isFile()) files.push(join(entry.parentPath ?? entry.path, entry.name));
  }
  const hash = createHash('sha256');
  for (const file of files.sort()) {
    const { size, mtimeMs } = statSync(file);
    hash.update(`${file} ${size} ${mtimeMs}\n`);
  }
  return hash.digest('hex');
}
