import { parseArgs } from 'node:util';
import { chosenFrom, UsageError } from '../scripts/command-line.mjs';
import { ROWS } from './rows.mjs';

const NAMES = Object.keys(ROWS);

export const USAGE = `Usage: npm run bench -- [options]

Measures Aftercommit beside its peers and beside the same work done by hand, in one run on one PostgreSQL: the server at
DATABASE_URL (its user must be allowed to create databases), or one of its own in .data/bench. fsync and
synchronous_commit must be on; pg-transactional-outbox is missing unless wal_level is logical.

  --quick          3 short rounds instead of 5 longer ones: some 8 minutes on two cores, instead of 40
  --smoke          every row once and tiny: only whether it runs; no bar is judged, and peers may be missing
  --only LIST      some of the rows, separated by commas:
                   ${NAMES.slice(0, 7).join(', ')},
                   ${NAMES.slice(7).join(', ')}
  --json FILE      also writes the figures to FILE, after each row
  --report FILE    also writes a report in Markdown to FILE, and its plots beside it
  --from FILE      measures nothing: makes the report from the figures in FILE
  --help           shows this

Exit code: 0 when no bar was missed, 1 when one was or something failed.
`;

/**
 * @typedef {'full' | 'quick' | 'smoke'} Mode
 * @returns {{ mode: Mode, only: string[], json?: string, report?: string, from?: string, help: boolean }}
 */
export function parseOptions(args) {
  const { quick, smoke, only, json, report, from, help } = parse(args).values;
  if (quick && smoke) throw new UsageError('--quick or --smoke: not both.');
  if (from && (only || json || quick || smoke)) throw new UsageError('--from goes with --report only.');
  if (from && !report) throw new UsageError('--from needs --report, to know where to write it.');
  const names = chosenFrom(NAMES, { only }, (name) => `No row is called "${name}": ${NAMES.join(', ')}.`);
  const mode = smoke ? 'smoke' : quick ? 'quick' : 'full';
  return { mode, only: names, json, report, from, help };
}

function parse(args) {
  try {
    return parseArgs({
      args,
      options: {
        quick: { type: 'boolean', default: false },
        smoke: { type: 'boolean', default: false },
        only: { type: 'string' },
        json: { type: 'string' },
        report: { type: 'string' },
        from: { type: 'string' },
        help: { type: 'boolean', default: false },
      },
    });
  } catch (error) {
    throw new UsageError(`${error.message} See --help.`);
  }
}
