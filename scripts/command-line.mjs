/** A wrong option: one line for the person who typed it. */
export class UsageError extends Error {}

/**
 * The names that the options `--only` and `--without` leave of all, in their order.
 *
 * @param {readonly string[]} all
 * @param {{ only?: string, without?: string }} lists separated by commas
 * @param {(name: string) => string} refusal of a name that isn't one
 */
export function chosenFrom(all, { only, without }, refusal) {
  const [wanted, unwanted] = [only, without].map((list) => list?.split(',').map((name) => name.trim()));
  const unknown = [...(wanted ?? []), ...(unwanted ?? [])].find((name) => !all.includes(name));
  if (unknown !== undefined) throw new UsageError(refusal(unknown));
  return all.filter((name) => (wanted?.includes(name) ?? true) && !unwanted?.includes(name));
}

class Interrupted extends Error {}

/** Rejects when somebody or something ends the run from outside of what is awaited; whoever races it can then clean up. */
export function interruption() {
  return new Promise((_, reject) => {
    const signals = ['SIGINT', 'SIGTERM'];
    for (const signal of signals) process.once(signal, () => reject(new Interrupted(`Ended by ${signal}.`)));
    process.on('unhandledRejection', reject).on('uncaughtException', reject);
  });
}

/**
 * Runs a program to its end, whatever is still open then. What was to be expected is said in one line.
 *
 * @param {() => Promise<unknown>} main
 * @param {number} failed the exit code where it fails
 */
export async function runToTheEnd(main, failed = 1) {
  await main().catch((error) => {
    const expected = error instanceof UsageError || error instanceof Interrupted;
    process.stderr.write(`${expected ? error.message : error.stack}\n`);
    process.exitCode = failed;
  });
  process.exit();
}
