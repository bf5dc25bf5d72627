import { performance } from 'node:perf_hooks';
import { setTimeout as pause } from 'node:timers/promises';

/** A request that waits holds a connection of its client, not of the database; 10 s is below usual proxy timeouts. */
const LONGEST_WAIT = 10;
/** Allocation usually takes some ten milliseconds; after that looking less often costs little. */
const FIRST_PAUSE_MS = 10;
const LONGEST_PAUSE_MS = 250;

/** The seconds of `Prefer: wait=N` (RFC 7240, section 4.3); undefined when it isn't asked for. */
export function preferredWait(prefer: string | string[] | undefined): number | undefined {
  const match = /(?:^|[,;])\s*wait\s*=\s*"?(\d+)"?\s*(?:[,;]|$)/i.exec([prefer].flat().join(','));
  return match ? Math.min(Number(match[1]), LONGEST_WAIT) : undefined;
}

/** Reads until `done`, at most for so many seconds; answers the last reading either way. */
export async function readUntil<T>(read: () => Promise<T>, done: (reading: T) => boolean, seconds: number): Promise<T> {
  const deadline = performance.now() + seconds * 1_000;
  let reading = await read();
  for (let ms = FIRST_PAUSE_MS; !done(reading) && performance.now() + ms < deadline; ms = nextPause(ms)) {
    await pause(ms);
    reading = await read();
  }
  return reading;
}

const nextPause = (ms: number): number => Math.min(ms * 1.5, LONGEST_PAUSE_MS);
