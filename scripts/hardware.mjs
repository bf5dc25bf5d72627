import { cpus, platform, totalmem } from 'node:os';

/** What a measurement was made on. */
export function hardware() {
  const cores = cpus();
  return {
    cores: cores.length,
    processor: cores[0]?.model ?? 'unknown',
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    platform: platform(),
  };
}
