import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { interruption, runToTheEnd } from '../scripts/command-line.mjs';
import { Context } from './context.mjs';
import { describeMachine } from './machine.mjs';
import { saveReport } from './markdown.mjs';
import { parseOptions, USAGE } from './options.mjs';
import { Peers } from './peers.mjs';
import { Progress } from './progress.mjs';
import { asText } from './report.mjs';
import { loadRow, ROWS } from './rows.mjs';
import { Server } from './server.mjs';
import { verdicts } from './verdicts.mjs';

const say = (text) => process.stderr.write(`${text}\n`);

async function main() {
  const options = parseOptions(process.argv.slice(2));
  if (options.help) return process.stdout.write(USAGE);
  if (options.from) return saveReport(options.report, JSON.parse(await readFile(options.from, 'utf8')));
  const peers = Peers.install(say);
  const server = await Server.open();
  try {
    const run = await Promise.race([measure({ server, peers }, options), interruption()]);
    await publish(run, options.report);
  } finally {
    await server.close();
  }
}

/** @returns {Promise<import('./report.mjs').Run>} */
async function measure({ server, peers }, { mode, only, json }) {
  const begun = Date.now();
  const comparisons = [];
  const progress = new Progress(
    only.map((name) => ({ name, seconds: ROWS[name].seconds[mode] })),
    say,
  );
  const context = new Context({ server, peers, mode, say: (text) => progress.say(text) });
  const command = ['npm run bench --', ...process.argv.slice(2)].join(' ');
  const machine = describeMachine(await server.version(), peers);
  const at = new Date(begun).toISOString();
  const soFar = () => ({ command, at, minutes: (Date.now() - begun) / 60_000, mode, machine, comparisons });
  for (const row of only) {
    progress.next();
    const run = await loadRow(row);
    for (const comparison of await run(context)) {
      comparisons.push({ row, ...comparison, verdicts: mode === 'smoke' ? [] : verdicts(comparison) });
    }
    if (json) await keep(soFar(), json);
  }
  return soFar();
}

/** After each row: who interrupts a long run keeps what it has measured. */
async function keep(run, file) {
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, `${JSON.stringify(run, null, 2)}\n`);
}

async function publish(run, report) {
  process.stdout.write(`\n${asText(run)}`);
  if (report) await saveReport(report, run);
  if (run.comparisons.some((each) => each.verdicts.some(({ met }) => met === false))) process.exitCode = 1;
}

await runToTheEnd(main);
