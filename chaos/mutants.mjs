import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { chosenFrom } from '../scripts/command-line.mjs';
import { check, failing } from './checks/index.mjs';
import { readHistory } from './history.mjs';
import { applyPatch, readPatch } from './patch.mjs';

const PATCHES = join(import.meta.dirname, 'mutants');
const STAND = resolve('.data/chaos');
const WORK = join(STAND, 'mutants');
/** What a build of the service is made from. */
const SOURCES = ['src', 'scripts', 'ormconfig.ts', 'tsconfig.json', 'tsconfig.build.json'];
const CONTROL = 'unmutated';
/** Of the first 400 the one under which most answers of refunds are lost: half a minute must do. */
const SEED = '32';
/** Load generators, more than a run has by default: 30 seconds must do. */
const CLIENTS = '6';
/** Seconds to settle in after the faults, for what is whole: it waits for the leases of dead workers. */
const DRAIN = 120;

const USAGE = `Usage: npm run chaos:mutants -- [options]

Breaks the service on purpose, in one small way after the other (chaos/mutants/*.patch), and sees that the checker finds
what then goes wrong under faults. The same faults must do no harm to the code as it is.

  --only LIST    some of them, separated by commas; "${CONTROL}" is the code as it is
  --without LIST all but these
  --seconds N    how long faults happen to each (30)
  --seed N       of the faults (${SEED})
  --at-once N    how many of them run at the same time (1)
  --drain N      seconds to settle in after the faults, for what is broken (30)
  --list         shows them, with what each breaks
  --help         shows this

Exit code: 0 when every mutant was caught by a row that its patch names, and the code as it is was not.
`;

/** @typedef {import('./patch.mjs').Patch} Patch */

function options() {
  const text = { type: 'string' };
  const flag = { type: 'boolean', default: false };
  const texts = { only: text, without: text, seconds: text, seed: text, drain: text, 'at-once': text };
  const { values } = parseArgs({ options: { ...texts, list: flag, help: flag } });
  const { only, without, seconds = '30', seed = SEED, drain = '30', 'at-once': atOnce = '1', ...flags } = values;
  if (!/^[1-9]$/.test(atOnce)) throw new Error('--at-once must be a whole number from 1 to 9.');
  const patches = readdirSync(PATCHES).filter((name) => name.endsWith('.patch'));
  const all = patches.toSorted().map((name) => readPatch(join(PATCHES, name)));
  const faults = [...new Set(all.flatMap((patch) => patch.faults))];
  const control = {
    name: CONTROL,
    says: 'Nothing.',
    faults,
    caughtBy: [],
    seconds: 0,
    drain: DRAIN,
    replacements: [],
    changed: 0,
  };
  const names = [control, ...all].map(({ name }) => name);
  const chosen = chosenFrom(names, { only, without }, (name) => `No mutant is called "${name}". See --list.`);
  const mutants = [control, ...all].filter(({ name }) => chosen.includes(name));
  return { ...flags, seconds, seed, drain, atOnce: Number(atOnce), mutants };
}

async function main() {
  const { help, list, mutants, ...settings } = options();
  if (help) return process.stdout.write(USAGE);
  if (list) return process.stdout.write(mutants.map(({ name, says }) => `${name}: ${says}\n`).join(''));
  const waiting = [...mutants];
  const verdicts = [];
  const stands = Array.from({ length: settings.atOnce }, (_, n) => (n === 0 ? STAND : join(STAND, `beside-${n}`)));
  const inTurn = async (stand) => {
    for (let mutant = waiting.shift(); mutant; mutant = waiting.shift()) {
      say(`— ${mutant.name}: ${mutant.says}`);
      const verdict = judge(mutant, await run(mutant, build(mutant), { ...settings, stand }));
      say(`  ${mutant.name}: ${verdict.text}`);
      verdicts.push({ name: mutant.name, ...verdict });
    }
  };
  await Promise.all(stands.map(inTurn));
  const width = Math.max(...verdicts.map(({ name }) => name.length));
  process.stdout.write(verdicts.map(({ name, text }) => `${name.padEnd(width)}  ${text}\n`).join(''));
  if (verdicts.some(({ good }) => !good)) process.exitCode = 1;
}

/** Gives the folder of a build. The code as it is has been built already. @param {Patch} mutant */
function build(mutant) {
  if (mutant.name === CONTROL) return resolve('dist');
  const folder = join(WORK, mutant.name);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  for (const name of SOURCES) cpSync(name, join(folder, name), { recursive: true, dereference: true });
  // Without the name, which Jest would find twice.
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }\n');
  symlinkSync(resolve('node_modules'), join(folder, 'node_modules'), 'junction');
  applyPatch(mutant, folder);
  const { status } = spawnSync(process.execPath, ['scripts/build.mjs'], { cwd: folder, stdio: 'inherit' });
  if (status !== 0) throw new Error(`${mutant.name} can't be built, so it shows nothing.`);
  return join(folder, 'dist');
}

/** Gives the folder with the record of a run. @param {Patch} mutant */
async function run({ name, faults, ...patch }, dist, { seed, atOnce, stand, ...settings }) {
  const folder = join(WORK, 'runs', name);
  rmSync(folder, { recursive: true, force: true });
  const longest = (option) => `${Math.max(settings[option], patch[option])}`;
  const load = ['--seconds', longest('seconds'), '--drain', longest('drain'), '--clients', CLIENTS];
  const where = ['--dist', dist, '--stand', stand, '--folder', folder];
  const chosen = [...where, '--only', faults.join(','), '--seed', seed, ...load];
  // Its own verdict is no matter: that of the rows is. What several say at once nobody can read.
  const child = spawn(process.execPath, [join(import.meta.dirname, 'run.mjs'), ...chosen], {
    stdio: ['ignore', 'ignore', atOnce > 1 ? 'ignore' : 'inherit'],
  });
  const end = () => child.kill('SIGTERM');
  process.once('SIGINT', end).once('SIGTERM', end);
  const [code] = await once(child, 'exit');
  process.removeListener('SIGINT', end).removeListener('SIGTERM', end);
  if (code === null || !existsSync(folder)) throw new Error(`The run of ${name} was not finished.`);
  return folder;
}

/** A run without commands, effects or faults is no catch: something else is broken. @param {Patch} mutant */
function judge({ name, caughtBy }, folder) {
  const failed = failing(check(readHistory(folder)), { partial: true });
  const rows = failed.map(({ id, found }) => `${id} (${found})`).join(', ');
  const idle = failed.some(({ verdict }) => verdict === 'nothing shown');
  if (name === CONTROL) return { good: failed.length === 0, text: rows === '' ? 'ok' : `NOT OK: ${rows}` };
  if (idle) return { good: false, text: `SHOWS NOTHING: ${rows}` };
  const good = failed.some(({ id }) => caughtBy.includes(id));
  return {
    good,
    text: good ? `caught by ${rows}` : `NOT CAUGHT by ${caughtBy.join(' or ')}: ${rows || 'all rows are ok'}`,
  };
}

function say(text) {
  process.stderr.write(`${text}\n`);
}

await main().catch((error) => {
  say(error.message);
  process.exitCode = 1;
});
