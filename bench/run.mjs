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
    await publish(run, options);
  } finally {
    await server.close();
  }
}

/** @returns {Promise<import('./report.mjs').Run>} */
async function measure({ server, peers }, { mode, only }) {
  const begun = Date.now();
  const comparisons = [];
  const progress = new Progress(
    only.map((name) => ({ name, seconds: ROWS[name].seconds[mode] })),
    say,
  );
  const context = new Context({ server, peers, mode, say: (text) => progress.say(text) });
  for (const row of only) {
    progress.next();
    const run = await loadRow(row);
    for (const comparison of await run(context)) {
      comparisons.push({ row, ...comparison, verdicts: mode === 'smoke' ? [] : verdicts(comparison) });
    }
  }
  return {
    command: ['npm run bench --', ...process.argv.slice(2)].join(' '),
    at: new Date(begun).toISOString(),
    minutes: (Date.now() - begun) / 60_000,
    mode,
    machine: describeMachine(await server.version(), peers),
    comparisons,
  };
}

async function publish(run, { json, report }) {
  process.stdout.write(`\n${asText(run)}`);
  if (json) {
    await mkdir(dirname(json), { recursive: true });
    await writeFile(json, `${JSON.stringify(run, null, 2)}\n`);
  }
  if (report) await saveReport(report, run);
  if (run.comparisons.some((each) => each.verdicts.some(({ met }) => met === false))) process.exitCode = 1;
}

await runToTheEnd(main);
