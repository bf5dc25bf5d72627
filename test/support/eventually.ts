import { setTimeout as pause } from 'node:timers/promises';

/**
 * Asks `probe` again and again until it neither throws nor answers `undefined` or `false`, and gives its answer.
 * Fails with what the probe said last.
 */
export async function eventually<T>(
  probe: () => T | undefined | false | Promise<T | undefined | false>,
  { within = 10_000 }: { within?: number } = {},
): Promise<T> {
  const deadline = performance.now() + within;
  for (;;) {
    const sample = await sampleOf(probe);
    if ('answer' in sample) return sample.answer;
    if (performance.now() > deadline) {
      throw sample.error ?? new Error(`The probe still answered ${String(sample.last)} after ${within} ms.`);
    }
    await pause(10);
  }
}

type Sample<T> = { answer: T } | { error?: unknown; last?: unknown };

async function sampleOf<T>(probe: () => T | undefined | false | Promise<T | undefined | false>): Promise<Sample<T>> {
  try {
    const answer = await probe();
    return answer === undefined || answer === false ? { last: answer } : { answer };
  } catch (error) {
    return { error };
  }
}
