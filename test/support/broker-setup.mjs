import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import databaseSetup from './global-setup.mjs';

/** The database of all tests, and a RabbitMQ on a folder and ports of this run. */
export default async function brokerSetup() {
  await databaseSetup();
  const parent = mkdtempSync(join(tmpdir(), 'aftercommit-broker-'));
  // RabbitMQ runs as a user of its own.
  chmodSync(parent, 0o755);
  const folder = join(parent, 'rabbitmq');
  // Below the range from which the system gives out ports.
  process.env.CI_RABBITMQ_PORT ??= String(20_000 + 3 * Math.floor(Math.random() * 3_000));
  process.env.TEST_BROKER_FOLDER = folder;
  const stdio = ['ignore', 'pipe', 'inherit'];
  const url = execFileSync('bash', ['scripts/ci-rabbitmq.sh', 'start', folder], { stdio, encoding: 'utf8' });
  process.env.TEST_BROKER_URL = url.trim();
}
