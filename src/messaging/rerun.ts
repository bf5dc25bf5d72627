import { CommitOutcomeUnknownError, TransactionRolledBackError } from './errors.js';
import type { UnitOutcome } from './observer.js';
import { isConflict } from './postgres-errors.js';
import type { Branch } from './unit.js';

/** Beyond this many runs a conflict is no bad luck any more. */
const MAX_RERUNS = 5;
const JITTER_MS = 10;

/** Runs `work` again, from the start, when PostgreSQL chose it as the one to give way. Tells how each run ended. */
export async function rerunOnConflict<T>(
  work: () => Promise<T>,
  ended: (outcome: UnitOutcome) => void,
  rerun = 0,
): Promise<T> {
  try {
    const result = await work();
    ended('committed');
    return result;
  } catch (error) {
    const again = rerun < MAX_RERUNS && isConflict(error);
    ended(again ? 'rerun' : error instanceof CommitOutcomeUnknownError ? 'unknown' : 'rolled_back');
    if (!again) throw error;
  }
  // Jitter parts those that collided; the range doubles each time.
  await new Promise((resolve) => setTimeout(resolve, Math.random() * JITTER_MS * 2 ** rerun));
  return rerunOnConflict(work, ended, rerun + 1);
}

/** What a unit of work fails with where somebody inside caught an error that had ended it; a conflict stays visible. */
export function swallowed(error: unknown): unknown {
  if (isConflict(error)) return error;
  return new TransactionRolledBackError('an inner unit of work failed and its error was swallowed', { cause: error });
}

/** A conflict that was swallowed and led to another error, which would hide it from the rerun. */
export function hiddenConflict({ spoiled }: Branch): unknown {
  return isConflict(spoiled?.error) ? spoiled!.error : undefined;
}
