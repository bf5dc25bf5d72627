import { readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { hardware } from '../scripts/hardware.mjs';
import { check, failing } from './checks/index.mjs';
import { readHistory } from './history.mjs';

const LIMITS =
  'One PostgreSQL on one machine: processes and connections die, power and disks do not. What is not shown here is a ' +
  'failover to a replica, a full disk, and clocks that jump.';

/**
 * What a run was, what it did and what the checker says of it.
 *
 * @param {import('./options.mjs').Options} options
 */
export function accountOf({ folder, kinds, isPartial }) {
  const history = readHistory(folder);
  const rows = check(history);
  const { run, faults, recoveries, log, drain } = history;
  const crashes = readFileSync(`${folder}/crashes.jsonl`, 'utf8').split('\n').length - 1;
  return {
    command: ['npm run chaos --', ...process.argv.slice(2)].join(' '),
    ...run,
    kinds,
    machine: hardware(),
    faults: countBy(faults, ({ kind }) => kind),
    load: {
      requests: countBy(history.requests, ({ op }) => op),
      attempts: history.requests.reduce((sum, { attempts }) => sum + attempts.length, 0),
      events: log.length,
      effects: history.effects.length,
    },
    recoverySeconds: recoveries.map(secondsOf).toSorted((a, b) => a - b),
    drain,
    crashes,
    rows,
    ok: failing(rows, { partial: isPartial }).length === 0 && crashes === 0,
  };
}

/** @param {ReturnType<typeof accountOf>} account @param {string} name of the files, without an ending */
export async function writeAccount(account, name) {
  const path = name.replace(/\.(md|json)$/, '');
  await mkdir(dirname(path), { recursive: true });
  await writeFile(`${path}.json`, `${JSON.stringify(account, null, 2)}\n`);
  await writeFile(`${path}.md`, asMarkdown(account));
}

function asMarkdown({ command, seed, seconds, settings, machine: on, versions, ...account }) {
  const { faults, load, recoverySeconds, crashes, rows, ok } = account;
  const total = Object.values(faults).reduce((sum, count) => sum + count, 0);
  const seen = recoverySeconds.filter(Number.isFinite);
  return `# A run of the crash and fault suite

\`${command}\` (seed ${seed})

${ok ? 'Everything is as it must be.' : 'Not everything is as it must be.'}

- ${on.cores} cores (${on.processor}), ${on.memoryGiB} GiB, ${on.platform}, Node ${versions.node}, PostgreSQL ${versions.postgres}, fsync on
- ${settings.instances} instances with a lease of ${settings.lease}, ${settings.clients} load generators, faults for ${seconds} s
- ${load.attempts} attempts of ${sum(load.requests)} requests, ${load.events} events, ${load.effects} effects of the witnesses
- ${seen.length} kills of instances: their lanes ran again after ${seconds1(seen[Math.floor(seen.length / 2)])} (median) to ${seconds1(seen.at(-1))} (longest)
- ${crashes} instances ended by themselves

| what | must be | found | verdict |
| ---- | ------- | ----- | ------- |
${rows.map(({ column, mustBe, found, verdict }) => `| ${column} | ${mustBe} | ${found} | ${verdict} |`).join('\n')}

| fault | times |
| ----- | ----- |
${Object.entries(faults)
  .map(([kind, count]) => `| ${kind} | ${count} |`)
  .join('\n')}
| all | ${total} |

${LIMITS}
`;
}

const sum = (counts) => Object.values(counts).reduce((total, count) => total + count, 0);
const seconds1 = (value) => (value === undefined ? 'no time at all' : `${value.toFixed(1)} s`);

/** Infinite where nobody saw it. */
const secondsOf = ({ at, recoveredAt }) =>
  recoveredAt === null ? Infinity : (new Date(recoveredAt) - new Date(at)) / 1_000;

function countBy(items, keyOf) {
  const counts = {};
  for (const item of items) counts[keyOf(item)] = (counts[keyOf(item)] ?? 0) + 1;
  return counts;
}
