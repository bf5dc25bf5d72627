import { parseArgs } from 'node:util';
import { check, failing } from './checks/index.mjs';
import { readHistory, UnreadableHistory } from './history.mjs';
import { asText } from './report.mjs';

const USAGE = `Usage: node chaos/check.mjs [options] FOLDER

Reads what a run of the crash and fault suite recorded (chaos/history.md says what is in the folder) and says whether
anything was lost, doubled or reordered. A row that had nothing to look at shows nothing, and fails as well.

  --partial   for short runs: of the rows that show nothing only those about commands, effects and faults fail
  --json      prints the rows as JSON, with every violation
  --help      shows this

Exit code: 0 when every row is as it must be, 1 when one is not, 2 when the folder can't be read.
`;

function main() {
  const { folder, partial, json, help } = options();
  if (help) return process.stdout.write(USAGE);
  const history = readHistory(folder);
  const rows = check(history);
  const failed = failing(rows, { partial });
  process.stdout.write(
    `${json ? JSON.stringify({ run: history.run, ok: failed.length === 0, rows }) : asText(rows)}\n`,
  );
  if (failed.length > 0) process.exitCode = 1;
}

function options() {
  try {
    const flag = { type: 'boolean', default: false };
    const { values, positionals } = parseArgs({
      options: { partial: flag, json: flag, help: flag },
      allowPositionals: true,
    });
    if (!values.help && positionals.length !== 1) throw new Error('Name one folder.');
    return { ...values, folder: positionals[0] };
  } catch (error) {
    throw new UnreadableHistory(`${error.message} See --help.`);
  }
}

try {
  main();
} catch (error) {
  process.stderr.write(`${error instanceof UnreadableHistory ? error.message : error.stack}\n`);
  process.exitCode = 2;
}
