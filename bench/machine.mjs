import { hardware } from '../scripts/hardware.mjs';
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
  return {
    ...hardware(),
    node: process.version,
    systemsNode: `v${peers.nodeVersion.replace('v', '')}`,
    postgres,
    packages: peers.versions(Object.values(CATALOGUE).flatMap((system) => system.package ?? [])),
  };
}
