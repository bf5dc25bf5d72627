import { parseArgs } from 'node:util';

export const BENCHMARKS = [
  'handle',
  'latency',
  'publish',
  'http',
  'hot-sku',
  'scale-out',
  'snapshot',
  'growth',
  'idle',
  'orders-list',
];

export const USAGE = `Usage: npm run bench -- [options]

Measures Aftercommit beside the same work done by hand, in one run on one PostgreSQL: the server at DATABASE_URL (its
user must be allowed to create databases), or one of its own in .data/bench. fsync and synchronous_commit must be on.

  --quick        3 short rounds instead of 5 longer ones
  --only LIST    some of ${BENCHMARKS.join(', ')}; separated by commas
  --json FILE    also writes the figures to FILE
  --help         shows this

Exit code: 0 when every bar was met, 1 when one was missed or something failed.
`;

/** A wrong option: one line for the person who typed it. */
export class UsageError extends Error {}

/** @returns {{ quick: boolean, only: string[], json?: string, help: boolean }} */
export function parseOptions(args) {
  const { quick, only, json, help } = parse(args).values;
  const names = only ? only.split(',').map((name) => name.trim()) : BENCHMARKS;
  const unknown = names.find((name) => !BENCHMARKS.includes(name));
  if (unknown !== undefined) throw new UsageError(`No benchmark is called "${unknown}": ${BENCHMARKS.join(', ')}.`);
  return { quick, only: BENCHMARKS.filter((name) => names.includes(name)), json, help };
}

function parse(args) {
  try {
    return parseArgs({
      args,
      options: {
        quick: { type: 'boolean', default: false },
        only: { type: 'string' },
        json: { type: 'string' },
        help: { type: 'boolean', default: false },
      },
    });
  } catch (error) {
    throw new UsageError(`${error.message} See --help.`);
  }
}
