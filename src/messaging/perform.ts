import { type Attempt, inOneCall } from './attempt.js';
import type { Consumer, Work } from './consumer.js';
import type { StoredEvent } from './event-log.js';
import type { ClosingStatement } from './unit.js';
import type { UnitOfWork } from './unit-of-work.js';

/**
 * Does a consumer's work and stores what closes it. In one transaction, so that both happen once; or, for a consumer
 * outside transactions, the work first and then what closes it: a crash between the two repeats the work.
 */
export async function perform(
  unitOfWork: UnitOfWork,
  { transaction }: Consumer,
  work: Work,
  closing: () => Promise<ClosingStatement[]>,
): Promise<void> {
  const close = async () => unitOfWork.closeWith(...(await closing()));
  if (transaction) return unitOfWork.runAsWorker(() => work().then(close));
  await unitOfWork.outside(work);
  await unitOfWork.runAsWorker(close);
}

/** The work of several events: all at once where the consumer can, else in turn. */
export function workOf(
  { together }: Consumer,
  steps: readonly { readonly stored: StoredEvent; readonly attempt: Attempt; readonly work?: Work }[],
): Work {
  if (steps.length > 1 && together) {
    const work = together(steps.map(({ stored }) => stored));
    return inOneCall(steps, work);
  }
  return async () => {
    for (const { attempt, work } of steps) await attempt.run(work!);
  };
}
