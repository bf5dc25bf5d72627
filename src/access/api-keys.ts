import { createHash, timingSafeEqual } from 'node:crypto';
import type { Caller } from './caller.js';

export interface ApiKey {
  readonly name: string;
  readonly role: 'operator' | 'integration';
  /** Of the key, in hex: the configuration holds no secret that can be used. */
  readonly sha256: string;
}

/** Finds the caller of an API key in a time that tells nothing of the keys. */
export function callerOfKey(keys: readonly ApiKey[], presented: string): Caller | undefined {
  const digest = createHash('sha256').update(presented).digest();
  const matches = keys.filter(({ sha256 }) => timingSafeEqual(Buffer.from(sha256, 'hex'), digest));
  return matches.map(({ role, name }) => ({ role, id: name }))[0];
}
