import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { parseArgs } from 'node:util';
import { interruption, runToTheEnd } from '../../scripts/command-line.mjs';
import { hardware } from '../../scripts/hardware.mjs';
import { inTurn } from '../rounds.mjs';
import { Server } from '../server.mjs';
import { Context } from './context.mjs';
import { exclusiveAppend } from './exclusive-append.mjs';
import { hotRow } from './hot-row.mjs';
import { lastFlight } from './last-flight.mjs';
import { leases } from './leases.mjs';
import { notify } from './notify.mjs';
import { oneCall } from './one-call.mjs';
import { pages } from './pages.mjs';
import { progress } from './progress.mjs';
import { reading } from './reading.mjs';
import { sagaCommands } from './saga-commands.mjs';
import { swallowedCommit } from './swallowed-commit.mjs';
import { table } from './table.mjs';
import { unitOfWork } from './unit-of-work.mjs';
import { waking } from './waking.mjs';

/**
 * @typedef {import('../rounds.mjs').Contender} Contender
 * @typedef {object} Decision
 * @property {string} name
 * @property {string} adr
 * @property {string} title
 * @property {number} [rounds] where they are long, fewer than usual
 * @property {(context: Context) => Promise<Contender[]>} contenders what was decided first, then what was rejected
 * @type {Decision[]}
 */
const DECISIONS = [
  reading,
  exclusiveAppend,
  progress,
  sagaCommands,
  hotRow,
  swallowedCommit,
  unitOfWork,
  pages,
  lastFlight,
  leases,
  notify,
  waking,
  oneCall,
];

const USAGE = `Usage: npm run bench:decisions -- [--only NAMES] [--quick] [--json FILE]

Measures what was decided (docs/adr) beside what was rejected, in turn, on one PostgreSQL: the server at DATABASE_URL, or
one of its own in .data/bench. NAMES, separated by commas: ${DECISIONS.map(({ name }) => name).join(', ')}.
`;

const { values: options } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    only: { type: 'string', default: DECISIONS.map(({ name }) => name).join() },
    json: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});

async function main() {
  const names = options.only.split(',');
  const unknown = names.find((name) => !DECISIONS.some((decision) => decision.name === name));
  if (options.help || unknown !== undefined) return usage(unknown);
  const server = await Server.open();
  try {
    await Promise.race([measureAll(server, names), interruption()]);
  } finally {
    await server.close();
  }
}

function usage(unknown) {
  if (unknown !== undefined) process.exitCode = 1;
  process.stdout.write(unknown === undefined ? USAGE : `No experiment is called "${unknown}".\n\n${USAGE}`);
}

async function measureAll(server, names) {
  const command = ['npm run bench:decisions --', ...process.argv.slice(2)].join(' ');
  const on = { cores: hardware().cores, node: process.version, postgres: await server.version() };
  process.stdout.write(`${command}\n${on.cores} cores, Node ${on.node}, PostgreSQL ${on.postgres}\n`);
  const decisions = [];
  for (const decision of DECISIONS.filter(({ name }) => names.includes(name))) {
    const results = await measure(server, decision);
    const { name, adr, title } = decision;
    decisions.push({ name, adr, title, results });
    process.stdout.write(`\n${name} (ADR ${adr}): ${title}\n${table(results)}`);
  }
  if (!options.json) return;
  await mkdir(dirname(options.json), { recursive: true });
  await writeFile(options.json, `${JSON.stringify({ command, machine: on, decisions }, null, 2)}\n`);
}

async function measure(server, decision) {
  const database = await server.createDatabase(decision.name.replaceAll('-', '_'));
  const context = new Context(database.url, options.quick);
  try {
    const { name, rounds = options.quick ? 3 : 5 } = decision;
    const say = (text) => process.stderr.write(`${name}, ${text}\n`);
    return await inTurn(await decision.contenders(context), { rounds, warmUps: 1, say });
  } finally {
    await context.close();
    await database.drop();
  }
}

await runToTheEnd(main);
