import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { UsageError } from '../../scripts/command-line.mjs';

const FILE = '.data/chaos/running.pid';

/** Two runs at once would break each other's PostgreSQL. Returns what lets the next one begin. */
export function takeTheFloor() {
  mkdirSync(dirname(FILE), { recursive: true });
  const other = running();
  if (other) throw new UsageError(`Another run has .data/chaos: process ${other}. Wait for its end.`);
  writeFileSync(FILE, `${process.pid}\n`);
  return () => rmSync(FILE, { force: true });
}

function running() {
  try {
    const pid = Number(readFileSync(FILE, 'utf8'));
    process.kill(pid, 0);
    return pid;
  } catch {
    return undefined;
  }
}
