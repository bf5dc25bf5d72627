import type { ICommand, IEvent } from '@nestjs/cqrs';
import { defer, filter, firstValueFrom, Observable, tap, throwError, timeout, toArray } from 'rxjs';
import { MessagingUsageError } from './errors.js';
import type { FoundSaga } from './discovery.js';

/** A saga maps one event to commands; short delays are fine, waiting for something else is not. */
const TIME_LIMIT_MS = 1_000;
/** A saga that subscribes more often is no merge of branches: it tries again. */
const MAX_BRANCHES = 100;

/**
 * Runs a plain Nest saga for one event and returns the commands that it emits.
 *
 * The source gives the event and completes only afterwards, so that a saga which holds the event back until completion
 * (`toArray`, `buffer`, `last`) is told apart: it waits for a second event, which never comes here.
 */
export async function runSaga(saga: FoundSaga, event: object): Promise<ICommand[]> {
  const name = `${saga.target.name}.${saga.property}`;
  let subscriptions = 0;
  let completing = false;
  const source = new Observable<IEvent>((subscriber) => {
    // An endless `retry` or `repeat` would never let go; without an answer it runs into the time limit.
    if (++subscriptions > MAX_BRANCHES) return;
    subscriber.next(event);
    completing = true;
    subscriber.complete();
    completing = false;
  });
  const refuseLate = () => {
    if (completing) throw new MessagingUsageError(`saga ${name} holds events back: it must map one event to commands`);
  };
  const endless = () =>
    new MessagingUsageError(`saga ${name} did not complete within ${TIME_LIMIT_MS} ms of its event`);
  const commands = defer(() => saga.run(source)).pipe(
    tap(refuseLate),
    filter((command) => Boolean(command)),
    toArray(),
    timeout({ first: TIME_LIMIT_MS, with: () => throwError(endless) }),
  );
  return firstValueFrom(commands);
}
