import { afterAll } from '@jest/globals';
import { existsSync } from 'node:fs';
import { chmod, mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EmbeddedPostgres } from '../../src/database/embedded-postgres.js';
import { reachablePlace } from '../../src/database/postgres-binaries.js';

const made: string[] = [];
const users: (() => Promise<unknown>)[] = [];

afterAll(async () => {
  for (const end of users) await end();
  for (const folder of made) {
    const home = join(folder, 'postgres');
    const elsewhere = reachablePlace(home);
    if ([home, join(elsewhere, 'postgres')].some(hasServer)) await (await EmbeddedPostgres.acquire(home)).release();
    for (const each of [folder, elsewhere]) await rm(each, { recursive: true, force: true });
  }
});

/** Runs `end` at the end of the test file, before the folders are removed. */
export function endBeforeCleanup(end: () => Promise<unknown>): void {
  users.push(end);
}

/** A service that was killed, by a test or after one that failed, has left its embedded server behind. */
function hasServer(home: string): boolean {
  return existsSync(join(home, 'data/postmaster.pid'));
}

/** Open to every user: run by root, the embedded server runs as another one. */
export async function temporaryFolder({ mode = 0o755 }: { mode?: number } = {}): Promise<string> {
  const folder = await mkdtemp(join(await realpath(tmpdir()), 'aftercommit-'));
  made.push(folder);
  await chmod(folder, mode);
  return folder;
}
