import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { variables } from '../../dist/src/app.config.js';
import { startProcess } from './process.mjs';

/** The service as it starts by default, where every caller is trusted. */
export async function startService(databaseUrl) {
  // Set but empty: neither the environment nor a .env file configures it.
  const defaults = Object.fromEntries(variables.map((name) => [name, '']));
  const DATA_DIR = await mkdtemp(join(tmpdir(), 'aftercommit-bench-'));
  const settings = { ...defaults, DATA_DIR, PORT: '0', DATABASE_URL: databaseUrl };
  const { url, pid, stop } = await startProcess('dist/src/main.js', settings);
  return { url, pid, stop: () => stop().finally(() => rm(DATA_DIR, { recursive: true })) };
}
