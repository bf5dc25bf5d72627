/** Fixed when the schema is created: a stream must keep its partition for as long as there are positions in it. */
export const PARTITIONS = 16;

/**
 * FNV-1a, 32 bits (Fowler, Noll, Vo): a hash of our own, because PostgreSQL's may change between major versions.
 * The high bits are folded in, as FNV's low bits mix poorly.
 */
export function partitionOf(key: string): number {
  let hash = 0x811c9dc5;
  for (const byte of Buffer.from(key)) hash = Math.imul(hash ^ byte, 0x01000193);
  return ((hash ^ (hash >>> 16)) >>> 0) % PARTITIONS;
}
