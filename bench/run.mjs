import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { growth } from './benchmarks/growth.mjs';
import { handle } from './benchmarks/handle.mjs';
import { hotSku } from './benchmarks/hot-sku.mjs';
import { http } from './benchmarks/http.mjs';
import { idle } from './benchmarks/idle.mjs';
import { latency } from './benchmarks/latency.mjs';
import { ordersList } from './benchmarks/orders-list.mjs';
import { publish } from './benchmarks/publish.mjs';
import { scaleOut } from './benchmarks/scale-out.mjs';
import { snapshot } from './benchmarks/snapshot.mjs';
import { parseOptions, USAGE, UsageError } from './options.mjs';
import { asText, machine, verdicts } from './report.mjs';
import { Server } from './server.mjs';

const BENCHMARKS = {
  handle,
  latency,
  publish,
  http,
  'hot-sku': hotSku,
  'scale-out': scaleOut,
  snapshot,
  growth,
  idle,
  'orders-list': ordersList,
};

class Interrupted extends Error {}

async function main() {
  const options = parseOptions(process.argv.slice(2));
  if (options.help) return process.stdout.write(USAGE);
  const server = await Server.open();
  try {
    await Promise.race([measure(server, options), interruption()]);
  } finally {
    await server.close();
  }
}

async function measure(server, { quick, only, json }) {
  const comparisons = [];
  for (const name of only) {
    const say = (text) => process.stderr.write(`${name}: ${text}\n`);
    comparisons.push(...(await BENCHMARKS[name]({ server, quick, rounds: quick ? 3 : 5, say })));
  }
  const on = machine(await server.version());
  const command = ['npm run bench --', ...process.argv.slice(2)].join(' ');
  process.stdout.write(`\n${command}\n${asText(comparisons, on)}\n`);
  const judged = comparisons.map((comparison) => ({ ...comparison, verdicts: verdicts(comparison) }));
  if (json) await save(json, { command, machine: on, comparisons: judged });
  if (judged.some((each) => each.verdicts.some(({ met }) => !met))) process.exitCode = 1;
}

async function save(path, figures) {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, `${JSON.stringify(figures, null, 2)}\n`);
}

/** Rejects when somebody or something ends the run from outside of what is awaited; the databases are dropped even then. */
function interruption() {
  return new Promise((_, reject) => {
    const signals = ['SIGINT', 'SIGTERM'];
    for (const signal of signals) process.once(signal, () => reject(new Interrupted(`Ended by ${signal}.`)));
    process.on('unhandledRejection', reject).on('uncaughtException', reject);
  });
}

function report(error) {
  const expected = error instanceof UsageError || error instanceof Interrupted;
  process.stderr.write(`${expected ? error.message : error.stack}\n`);
  process.exitCode = 1;
}

await main().catch(report);
process.exit();
