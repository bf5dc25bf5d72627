import { cpus, platform, totalmem } from 'node:os';
import { CATALOGUE } from './systems/catalogue.mjs';

/**
 * @typedef {{ cores: number, processor: string, memoryGiB: number, platform: string, node: string, systemsNode: string,
 *   postgres: string, packages: Record<string, string> }} Machine
 */

/**
 * @param {import('./peers.mjs').Peers} peers
 * @returns {Machine}
 */
export function describeMachine(postgres, peers) {
  const cores = cpus();
  return {
    cores: cores.length,
    processor: cores[0]?.model ?? 'unknown',
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    platform: platform(),
    node: process.version,
    systemsNode: `v${peers.nodeVersion.replace('v', '')}`,
    postgres,
    packages: peers.versions(Object.values(CATALOGUE).flatMap((system) => system.package ?? [])),
  };
}
