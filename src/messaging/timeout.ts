/** Rejects at the timeout even where the work ignores its signal; its late answer is fenced off. */
export async function withTimeout<T>(
  ms: number,
  shutdown: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const signal = AbortSignal.any([shutdown, AbortSignal.timeout(ms)]);
  return new Promise<T>((resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
    work(signal).then(resolve, reject);
  });
}
