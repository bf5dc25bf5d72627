import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { UsageError } from '../../scripts/command-line.mjs';

/** Two runs at once in one stand would break each other's PostgreSQL. Returns what lets the next one begin. */
export function takeTheFloor(stand) {
  const file = join(stand, 'running.pid');
  mkdirSync(stand, { recursive: true });
  const other = running(file);
  if (other) throw new UsageError(`Another run has ${stand}: process ${other}. Wait for its end.`);
  writeFileSync(file, `${process.pid}\n`);
  return () => rmSync(file, { force: true });
}

function running(file) {
  try {
    const pid = Number(readFileSync(file, 'utf8'));
    process.kill(pid, 0);
    return pid;
  } catch {
    return undefined;
  }
}
