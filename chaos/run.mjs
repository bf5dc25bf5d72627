import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { interruption, runToTheEnd } from '../scripts/command-line.mjs';
import { accountOf, writeAccount } from './account.mjs';
import { drain } from './drain.mjs';
import { dump } from './dump.mjs';
import { breakThings } from './faults/break-things.mjs';
import { parseOptions, USAGE } from './options.mjs';
import { Progress } from './progress.mjs';
import { Random } from './random.mjs';
import { Recorder } from './recorder.mjs';
import { asText } from './report.mjs';
import { takeTheFloor } from './stand/floor.mjs';
import { openShop } from './load/opening.mjs';
import { SETTINGS } from './stand/instance.mjs';
import { World } from './world.mjs';

/** The shop is in full swing before anything breaks. */
const WARM_UP_MS = 2_000;

async function main() {
  const options = parseOptions(process.argv.slice(2));
  if (options.help) return process.stdout.write(USAGE);
  const leaveTheFloor = takeTheFloor(options.stand);
  const recorder = new Recorder(options.folder);
  const world = new World(options, new Random(`scenario ${options.seed}`), recorder);
  try {
    await Promise.race([play(world, recorder), interruption()]);
  } finally {
    await world.close();
    leaveTheFloor();
  }
  await judge(options);
}

/** @param {import('./options.mjs').Options} options */
async function judge(options) {
  const account = accountOf(options);
  const { command, rows, crashes, ok } = account;
  process.stdout.write(`\n${command} (seed ${options.seed}, record in ${options.folder})\n${asText(rows)}\n`);
  if (crashes > 0) process.stdout.write(`\n${crashes} instances ended by themselves: see crashes.jsonl and the logs\n`);
  if (options.report) await writeAccount(account, options.report);
  if (!ok) process.exitCode = 1;
}

/** @param {World} world @param {Recorder} recorder */
async function play(world, recorder) {
  const { seed, seconds, instances } = world.options;
  const startedAt = new Date();
  await world.open();
  const progress = new Progress(world);
  await openShop(world);
  world.startClients();
  await pause(WARM_UP_MS);
  await breakThings(world);
  progress.say('no more faults; what was broken is whole again');
  await world.heal();
  const drained = await drain(world, (left, types) => progress.say(`left: ${inWords(left)} ${types ?? ''}`));
  progress.stop();
  recorder.json('drain.json', drained);
  await dump(world.observer, recorder);
  await world.gateway.dump(join(recorder.folder, 'gateway.json'));
  const versions = {
    node: process.version,
    postgres: (await world.observer.query('show server_version'))[0].server_version,
  };
  const settings = { lease: SETTINGS.MESSAGING_LEASE, instances, clients: world.clients.length };
  recorder.json('run.json', { seed, seconds, versions, settings, startedAt, endedAt: new Date() });
}

const inWords = (left) =>
  Object.entries(left)
    .filter(([, count]) => count > 0)
    .map(([what, count]) => `${count} ${what}`)
    .join(', ');

await runToTheEnd(main, 2);
