import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { chosenFrom, UsageError } from '../scripts/command-line.mjs';
import { KINDS } from './faults/kinds.mjs';

export const USAGE = `Usage: npm run chaos -- [options]

Runs several instances of the service under load, breaks them and what they stand on for a while, lets everything recover,
and checks what became of every request, event, effect, payment and mail. Everything is made for the run.

  --seconds N      how long faults happen (60)
  --seed N         which faults happen when, to whom, under which load (from the clock)
  --instances N    instances of the service (3)
  --clients N      load generators (2)
  --only LIST      only these kinds of faults, separated by commas
  --without LIST   all but these kinds
  --drain N        how long it may take until everything is done after the faults (120)
  --dist FOLDER    a build of the service elsewhere than in dist
  --stand FOLDER   where everything is made that the run needs; one run at a time has it (.data/chaos)
  --folder FOLDER  where the record of the run goes (runs/<seed>, in the stand)
  --report FILE    also writes a report to FILE.md and FILE.json
  --help           shows this

Kinds of faults:
${KINDS.map(({ name, says }) => `  ${name.padEnd(15)}  ${says}`).join('\n')}

Exit code: 0 when the checker found every "must be" fulfilled and no instance ended by itself, 1 when not, 2 when there
is nothing to check. Of a run of less than a minute, or with some kinds only, a row that shows nothing is no failure.
`;

/** In which every row of the table has something to look at. */
const WHOLE_SECONDS = 60;

const TEXTS = [
  'seconds',
  'seed',
  'instances',
  'clients',
  'drain',
  'only',
  'without',
  'dist',
  'stand',
  'folder',
  'report',
];

/**
 * @typedef {{ help: boolean, seconds: number, seed: number, instances: number, clients: number, kinds: readonly string[],
 *   isPartial: boolean, drain: number, dist: string, stand: string, folder: string, report?: string }} Options
 */

/** @param {string[]} args @returns {Options} */
export function parseOptions(args) {
  const given = parse(args).values;
  const seed = number(given, 'seed', { least: 0, otherwise: Math.floor(Date.now() / 1000) });
  const seconds = number(given, 'seconds', { least: 1, otherwise: 60 });
  const kinds = kindsOf(given);
  const stand = resolve(given.stand ?? '.data/chaos');
  return {
    help: given.help,
    seed,
    seconds,
    kinds,
    isPartial: seconds < WHOLE_SECONDS || kinds.length < KINDS.length,
    instances: number(given, 'instances', { least: 1, otherwise: 3 }),
    clients: number(given, 'clients', { least: 1, otherwise: 2 }),
    drain: number(given, 'drain', { least: 1, otherwise: 120 }),
    dist: resolve(given.dist ?? 'dist'),
    stand,
    folder: resolve(given.folder ?? join(stand, 'runs', String(seed))),
    report: given.report,
  };
}

function parse(args) {
  try {
    const texts = TEXTS.map((name) => [name, { type: 'string' }]);
    return parseArgs({ args, options: { ...Object.fromEntries(texts), help: { type: 'boolean', default: false } } });
  } catch (error) {
    throw new UsageError(`${error.message} See --help.`);
  }
}

function number(given, name, { least, otherwise }) {
  if (given[name] === undefined) return otherwise;
  const value = Number(given[name]);
  if (Number.isSafeInteger(value) && value >= least) return value;
  throw new UsageError(`--${name} must be a whole number from ${least}.`);
}

function kindsOf(given) {
  const all = KINDS.map(({ name }) => name);
  return chosenFrom(all, given, (name) => `No kind of fault is called "${name}". See --help.`);
}
