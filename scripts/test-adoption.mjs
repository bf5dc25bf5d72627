// `npm run test:adoption`: does with examples/adopting what a stranger would do: installs the packed messaging core from
// its tarball into an application, builds that and runs it, on DATABASE_URL or an embedded PostgreSQL.
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { freshen, say } from './fresh.mjs';
import { pack } from './pack-messaging.mjs';

freshen();
const tarball = pack();
const folder = mkdtempSync(join(tmpdir(), 'aftercommit-adopting-'));
let server;
try {
  cpSync('examples/adopting', folder, { recursive: true });
  say('— installing');
  // The manifest asks for a version that is published nowhere yet.
  npm('after', 'pkg', 'set', `dependencies.aftercommit=file:${tarball}`);
  npm('after', 'install', '--prefer-offline', '--no-audit', '--no-fund', '--loglevel=error');
  // The application as it was before has the same packages, but for one.
  copy('after/node_modules', 'before/node_modules');
  say('— building');
  npm('before', 'run', '--silent', 'build');
  npm('after', 'run', '--silent', 'build');
  say('— testing');
  server = process.env.DATABASE_URL ? undefined : await embedded();
  const env = { ...process.env, SERVER_URL: process.env.DATABASE_URL ?? server.url };
  execute(process.execPath, ['--test', '--test-reporter=spec', 'test/kill.test.mjs', 'test/package.test.mjs'], {
    cwd: folder,
    env,
  });
} finally {
  await server?.release();
  rmSync(folder, { recursive: true, force: true });
}

function npm(application, ...args) {
  execute('npm', args, { cwd: resolve(folder, application), shell: process.platform === 'win32' });
}

function execute(command, args, options) {
  const { status, error } = spawnSync(command, args, { stdio: 'inherit', ...options });
  if (status !== 0) throw error ?? new Error(`${command} ${args.join(' ')} failed`);
}

function copy(from, to) {
  cpSync(join(folder, from), join(folder, to), { recursive: true, verbatimSymlinks: true });
}

async function embedded() {
  const { EmbeddedPostgres } = await import('../dist/src/database/embedded-postgres.js');
  const settings = { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' };
  return EmbeddedPostgres.acquire('.data/test-postgres', settings);
}
