import { commandRows } from './commands.mjs';
import { drainRows } from './drain.mjs';
import { effectRows } from './effects.mjs';
import { factRows } from './facts.mjs';
import { faultRows } from './faults.mjs';
import { logRows } from './log.mjs';
import { mailRows } from './mails.mjs';
import { moneyRows } from './money.mjs';
import { peopleRows } from './people.mjs';
import { stockRows } from './stock.mjs';

const GROUPS = [
  commandRows,
  factRows,
  logRows,
  effectRows,
  moneyRows,
  stockRows,
  peopleRows,
  mailRows,
  faultRows,
  drainRows,
];

/**
 * Every row of the table.
 *
 * @param {import('../history.mjs').History} history
 * @returns {import('../row.mjs').Row[]}
 */
export function check(history) {
  return GROUPS.flatMap((rowsOf) => rowsOf(history));
}

/**
 * The rows that fail a run. With `partial`, what few faults or little load could not show is no failure.
 *
 * @param {import('../row.mjs').Row[]} rows
 * @param {{ partial?: boolean }} [options]
 */
export function failing(rows, { partial = false } = {}) {
  return rows.filter(({ verdict, essential }) =>
    verdict === 'nothing shown' ? essential || !partial : verdict === 'violated',
  );
}
