import { execFileSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { dirname } from 'node:path';
import databaseTeardown from './global-teardown.mjs';

export default async function brokerTeardown() {
  const folder = process.env.TEST_BROKER_FOLDER;
  execFileSync('bash', ['scripts/ci-rabbitmq.sh', 'stop', folder], { stdio: 'inherit' });
  rmSync(dirname(folder), { recursive: true, force: true });
  await databaseTeardown();
}
