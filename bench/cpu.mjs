import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { platform } from 'node:os';
import { promisify } from 'node:util';

/** USER_HZ: what Linux counts a process's time in, on every architecture that matters here. */
const TICKS_PER_SECOND = 100;

/** The processor time that a process has used so far, as exactly as the system tells. */
export async function cpuSeconds(pid) {
  if (platform() !== 'linux') return secondsByPs(pid);
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
  // The second field is the program's name, which may contain anything; utime and stime are the 14th and the 15th.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}

async function secondsByPs(pid) {
  const { stdout } = await promisify(execFile)('ps', ['-o', 'time=', '-p', String(pid)]);
  return stdout
    .trim()
    .split(/[:-]/)
    .map(Number)
    .reduce((sum, part) => sum * 60 + part, 0);
}
