import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { type ICommand, type IEvent, ofType } from '@nestjs/cqrs';
import {
  bufferCount,
  catchError,
  concatMap,
  debounceTime,
  delay,
  EMPTY,
  filter,
  from,
  last,
  map,
  merge,
  mergeMap,
  NEVER,
  type Observable,
  of,
  pairwise,
  reduce,
  repeat,
  retry,
  switchMap,
  takeLast,
  toArray,
} from 'rxjs';
import { MessagingUsageError } from '../../../src/messaging/index.js';
import { runSaga } from '../../../src/messaging/saga.js';

class Paid {
  constructor(readonly order: string) {}
}

class Canceled {
  constructor(readonly order: string) {}
}

class Ship {
  constructor(readonly order: string) {}
}

class Refund {
  constructor(readonly order: string) {}
}

class Sagas {}

type Saga = (events: Observable<IEvent>) => Observable<ICommand>;

const run = (saga: unknown, event: object = new Paid('o-1')) =>
  runSaga({ target: Sagas, property: 'react', run: saga as Saga }, event);
const ship = map((event: Paid) => new Ship(event.order));
const paid = (events: Observable<IEvent>) => events.pipe(ofType(Paid));

const failure = new Error('no such order');
const fail = () => {
  throw failure;
};

describe('a saga', () => {
  describe('that maps one event to commands', () => {
    it.each<[string, Saga, ICommand[]]>([
      ['one', (events) => paid(events).pipe(ship), [new Ship('o-1')]],
      [
        'none',
        (events) =>
          events.pipe(
            ofType(Canceled),
            map(({ order }) => new Refund(order)),
          ),
        [],
      ],
      ['none, as undefined', (events) => events.pipe(map(() => undefined as unknown as ICommand)), []],
      [
        'several',
        (events) => paid(events).pipe(mergeMap(({ order }) => [new Ship(order), new Refund(order)])),
        [new Ship('o-1'), new Refund('o-1')],
      ],
      [
        'some of them later',
        (events) => paid(events).pipe(concatMap(({ order }) => merge(of(new Ship(order)).pipe(delay(5)), EMPTY))),
        [new Ship('o-1')],
      ],
      [
        'by way of a promise',
        (events) => paid(events).pipe(switchMap(({ order }) => from(Promise.resolve(new Ship(order))))),
        [new Ship('o-1')],
      ],
      [
        'in branches',
        (events) =>
          merge(
            paid(events).pipe(ship),
            events.pipe(
              ofType(Canceled),
              map(({ order }) => new Refund(order)),
            ),
            events.pipe(
              filter((event) => event instanceof Paid),
              map(() => new Refund('also')),
            ),
          ),
        [new Ship('o-1'), new Refund('also')],
      ],
    ])('gives %s', async (_, saga, commands) => {
      expect(await run(saga)).toEqual(commands);
    });

    it('is given the event itself, and starts anew with each', async () => {
      const seen: IEvent[] = [];
      const saga: Saga = (events) =>
        events.pipe(
          filter((event) => seen.push(event) > 0),
          ofType(Paid),
          ship,
        );
      const events = [new Paid('o-1'), new Paid('o-2')];
      for (const event of events) expect(await run(saga, event)).toEqual([new Ship(event.order)]);
      expect(seen).toEqual(events);
    });
  });

  describe('that holds events back', () => {
    it.each<[string, Saga]>([
      ['toArray', (events) => events.pipe(toArray())],
      ['bufferCount', (events) => events.pipe(bufferCount(2))],
      ['last', (events) => paid(events).pipe(last(), ship)],
      ['takeLast', (events) => paid(events).pipe(takeLast(1), ship)],
      ['reduce', (events) => events.pipe(reduce((count) => ({ count: count.count + 1 }), { count: 0 }))],
      ['debounceTime', (events) => paid(events).pipe(debounceTime(1), ship)],
    ])('with %s is refused by name', async (_, saga) => {
      await expect(run(saga)).rejects.toThrow(MessagingUsageError);
      await expect(run(saga)).rejects.toThrow('saga Sagas.react holds events back');
    });

    it('for a pair is not seen here: it gives nothing', async () => {
      expect(
        await run((events: Observable<IEvent>) =>
          events.pipe(
            pairwise(),
            map(() => new Ship('o-1')),
          ),
        ),
      ).toEqual([]);
    });
  });

  describe('that does not come to an end', () => {
    beforeEach(() => void jest.useFakeTimers());
    afterEach(() => void jest.useRealTimers());

    it('within a second is refused by name', async () => {
      const refused = expect(run(() => NEVER)).rejects.toThrow('saga Sagas.react did not complete within 1000 ms');
      jest.advanceTimersByTime(1_000);
      await refused;
      expect(jest.getTimerCount()).toBe(0);
    });

    it.each<[string, Saga]>([
      ['tries again without end', (events) => events.pipe(map(fail), retry())],
      [
        'begins again without end',
        (events) =>
          events.pipe(
            map(() => undefined as never),
            repeat(),
          ),
      ],
    ])('because it %s is refused', async (_, saga) => {
      const refused = expect(run(saga)).rejects.toThrow('did not complete within 1000 ms');
      jest.advanceTimersByTime(1_000);
      await refused;
    });

    it('because something else has to happen first is refused', async () => {
      const refused = expect(
        run((events: Observable<IEvent>) => merge(paid(events).pipe(ship), NEVER)),
      ).rejects.toThrow(MessagingUsageError);
      jest.advanceTimersByTime(1_000);
      await refused;
    });
  });

  describe('that throws', () => {
    beforeEach(() => void jest.useFakeTimers());
    afterEach(() => void jest.useRealTimers());

    it.each<[string, unknown]>([
      ['for an event', (events: Observable<IEvent>) => events.pipe(map(fail))],
      ['before it sees one', fail],
    ])('%s rejects with its error, and nothing is left behind', async (_, saga) => {
      await expect(run(saga)).rejects.toBe(failure);
      expect(jest.getTimerCount()).toBe(0);
    });

    it('because it gives no Observable rejects, and nothing is left behind', async () => {
      await expect(run(() => undefined)).rejects.toThrow(TypeError);
      expect(jest.getTimerCount()).toBe(0);
    });

    it('and has an answer to that gives it', async () => {
      const saga: Saga = (events) =>
        events.pipe(
          map(fail),
          catchError(() => of(new Refund('o-1'))),
        );
      expect(await run(saga)).toEqual([new Refund('o-1')]);
    });

    it('and tries again a few times rejects in the end', async () => {
      await expect(run((events: Observable<IEvent>) => events.pipe(map(fail), retry(3)))).rejects.toBe(failure);
    });
  });
});
