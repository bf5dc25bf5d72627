import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { arch, platform } from 'node:os';
import { fileURLToPath } from 'node:url';
import { join } from 'node:path';

const HERE = fileURLToPath(new URL('.', import.meta.url));
const MODULES = join(HERE, 'node_modules');

/** Whoever has no network is to know it within seconds. */
const PATIENCE = ['--fetch-retries=1', '--fetch-retry-mintimeout=1000'];

/** What Aftercommit is measured beside: packages of this folder, and the Node that all systems run on. */
export class Peers {
  /** @param {string} [failure] why they could not be installed */
  constructor(failure) {
    this.failure = failure;
    this.node = newEnough(process.versions.node) ? process.execPath : bundledNode();
    this.nodeVersion = this.node === process.execPath ? process.version : manifestOf(bundledPackage()).version;
  }

  /** @param {(text: string) => void} say */
  static install(say) {
    if (!installationIsStale()) return new Peers();
    say('Installing what Aftercommit is measured beside, into bench/node_modules …');
    const { status, stderr } = spawnSync('npm', ['ci', '--loglevel=error', '--no-audit', '--no-fund', ...PATIENCE], {
      cwd: HERE,
      stdio: ['ignore', 'ignore', 'pipe'],
      encoding: 'utf8',
      shell: platform() === 'win32',
    });
    return status === 0 ? new Peers() : new Peers(`npm could not install it: ${reasonOf(stderr)}`);
  }

  /** The reason why a package can't be run, if there is one. */
  missing(name) {
    const manifest = manifestOf(name);
    if (!manifest) return this.failure ?? 'it is not installed';
    const node = this.nodeVersion.replace('v', '');
    const wanted = /^>=\s*([\d.]+)/.exec(manifest.engines?.node ?? '')?.[1];
    if (wanted && !atLeast(node, wanted)) return `it needs Node ${wanted} or newer; here is ${node}`;
    return undefined;
  }

  /** @param {string[]} names */
  versions(names) {
    return Object.fromEntries(names.map((name) => [name, manifestOf(name)?.version ?? 'not installed']));
  }
}

/** What the most demanding peer asks for. */
const newEnough = (version) => atLeast(version, '22.18.0');

function bundledPackage() {
  return `node-${platform()}-${arch()}`;
}

/** For want of it the Node that runs this, and then some peers are missing. */
function bundledNode() {
  const path = join(MODULES, bundledPackage(), 'bin', 'node');
  return existsSync(path) ? path : process.execPath;
}

function manifestOf(name) {
  const path = join(MODULES, name, 'package.json');
  return existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : undefined;
}

function installationIsStale() {
  const installed = statSync(join(MODULES, '.package-lock.json'), { throwIfNoEntry: false });
  return !installed || installed.mtimeMs < statSync(join(HERE, 'package-lock.json')).mtimeMs;
}

/** @param {string} version @param {string} wanted both like 22.18.0 */
export function atLeast(version, wanted) {
  const [mine, theirs] = [version, wanted].map((each) => each.split('.').map(Number));
  const different = theirs.findIndex((part, i) => part !== mine[i]);
  return different === -1 || mine[different] > theirs[different];
}

/** npm says much; what it calls the code is the reason in short, and names no file of this machine. */
export function reasonOf(output) {
  return /npm error code (\S+)/.exec(output ?? '')?.[1] ?? 'npm ci failed';
}
