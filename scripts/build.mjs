// Compiles src to dist, and copies what is read at run time. Also run by the Dockerfile.
import { spawnSync } from 'node:child_process';
import { cpSync, rmSync } from 'node:fs';

/** Folders whose files the service reads; emptied first, since a template that is deleted must not live on. */
const ASSETS = ['src/notification/templates'];

const { status } = spawnSync(process.execPath, ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json'], {
  stdio: 'inherit',
});
if (status !== 0) process.exit(status ?? 1);
for (const folder of ASSETS) {
  rmSync(`dist/${folder}`, { recursive: true, force: true });
  cpSync(folder, `dist/${folder}`, { recursive: true });
}
