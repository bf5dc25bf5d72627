import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Injectable } from '@nestjs/common';
import { Command, CommandHandler, EventsHandler, type ICommand, type IEvent, ofType, Saga } from '@nestjs/cqrs';
import { map, type Observable } from 'rxjs';
import {
  Consumer,
  ConsumerOverview,
  Message,
  MessagingObserver,
  MessagingStatus,
  OutboxForwarder,
  type ObservedMessage,
  Queued,
  type UnitOutcome,
} from '../../../src/messaging/index.js';
import { Counted, publish, upTo } from '../../support/counting.js';
import { type MessagingApp, startMessagingApp } from '../../support/messaging-app.js';

let broken: (event: Counted) => boolean = () => false;

@Injectable()
@EventsHandler(Counted)
@Consumer('test.counter', { retry: ['1s'], from: 'beginning' })
class CountedHandler {
  async handle(event: Counted): Promise<void> {
    if (broken(event)) throw new Error('broken');
  }
}

@Message('test.work')
@Queued({ effect: 'database', retry: [] })
class Work extends Command<void> {
  constructor(readonly fails: boolean) {
    super();
  }
}

@CommandHandler(Work)
class WorkHandler {
  async execute({ fails }: Work): Promise<void> {
    if (fails) throw new Error('no');
  }
}

const providers = [CountedHandler, WorkHandler];

describe('the status of an application that delivers nothing', () => {
  let app: MessagingApp;
  const consumer = async () => (await app.app.get(MessagingStatus).snapshot()).consumers.find(isCounter)!;
  const isCounter = ({ name }: { name: string }) => name === 'test.counter';

  beforeEach(async () => {
    app = await startMessagingApp({ providers, deliver: false });
    await app.query(
      `insert into messaging.consumer (name, types, start_position) values ('test.counter', '{test.counted}', 0)`,
    );
  });
  afterEach(() => app.close());

  const sequence = () => app.query('select messaging.sequence_outbox(100000)');

  it('tells of events that wait, for how many seconds, and of no others', async () => {
    await publish(app, ...upTo(3).map((number) => new Counted('a', number)), new Counted('b', 1));
    await app.query(
      `insert into messaging.outbox (event_id, partition, type, schema_version, payload, headers, occurred_at)
       values (gen_random_uuid(), 1, 'test.other', 1, '{}', '{}', now() - interval '1 day')`,
    );
    await sequence();
    app.clock.advance('1m');

    const { lag, lagSeconds, held, dead } = await consumer();
    expect({ lag, held, dead }).toEqual({ lag: 4, held: 0, dead: 0 });
    expect(lagSeconds).toBeGreaterThanOrEqual(60);
    expect(lagSeconds).toBeLessThan(90);
  });

  it('tells of events that have not even been numbered', async () => {
    await publish(app, new Counted('a', 1));
    app.clock.advance('1m');

    const { oldestUndeliveredSeconds } = await app.app.get(MessagingStatus).snapshot();
    expect(oldestUndeliveredSeconds).toBeGreaterThanOrEqual(60);
  });

  it('looks at no more than 250 events of a partition, and takes what it has not seen for lag', async () => {
    await app.query(
      `insert into messaging.event_log (position, event_id, partition, type, schema_version, payload, headers, occurred_at)
       select n, gen_random_uuid(), 1, case when n > 500 then 'test.counted' else 'test.other' end, 1, '{}', '{}',
              now() - interval '1 hour'
         from generate_series(1, 1000) n`,
    );

    const { lag, lagSeconds } = await consumer();
    expect(lag).toBe(0);
    expect(lagSeconds).toBeGreaterThanOrEqual(3_590);
    const [status] = await app.app.get(ConsumerOverview).list();
    expect(status).toMatchObject({ name: 'test.counter', lag: 500, position: 0 });
  });

  it('tells of stored commands by type: those that are due, since when, and those that are scheduled', async () => {
    await app.queue.send(new Work(false));
    await app.queue.send(new Work(false), { delay: '1h' });
    app.clock.advance('1m');

    const { commands } = await app.app.get(MessagingStatus).snapshot();
    expect(commands).toContainEqual({
      type: 'test.work',
      due: 1,
      scheduled: 1,
      oldestDueSeconds: expect.closeTo(60, 0),
      dead: 0,
    });
    expect(commands).toContainEqual(expect.objectContaining({ type: 'messaging.prune', due: 0, oldestDueSeconds: 0 }));
  });

  it('asks the database once, however many ask at once', async () => {
    const status = app.app.get(MessagingStatus);
    const [first, second] = await Promise.all([status.snapshot(), status.snapshot()]);
    expect(second).toBe(first);
  });

  it.each([
    [499_999, true],
    [500_000, false],
    [999_999, false],
  ])('has room in a log of one partition whose head is %i: %s', async (head, room) => {
    await app.query('drop table messaging.event_log_1, messaging.event_log_2');
    await app.query(
      `insert into messaging.event_log (position, event_id, partition, type, schema_version, payload, headers, occurred_at)
       values ($1, gen_random_uuid(), 1, 'test.other', 1, '{}', '{}', now())`,
      [head],
    );

    expect(await app.app.get(MessagingStatus).hasLogRoom()).toBe(room);
    expect((await app.app.get(MessagingStatus).snapshot()).logRoom).toBe(999_999 - head);
  });
});

class Notes extends MessagingObserver {
  readonly heard: string[] = [];

  override handled({ kind, consumer }: ObservedMessage): void {
    this.heard.push(`${kind} handled by ${consumer}`);
  }

  override failed({ kind, consumer }: ObservedMessage, givenUp: boolean): void {
    this.heard.push(`${kind} ${givenUp ? 'given up' : 'failed'} by ${consumer}`);
  }

  override unitEnded(outcome: UnitOutcome): void {
    if (outcome !== 'committed') this.heard.push(outcome);
  }

  override leasesMoved(direction: 'taken' | 'left', partitions: number): void {
    if (partitions > 0) this.heard.push(`${partitions} ${direction}`);
  }
}

describe('an observer of the core', () => {
  const notes = new Notes();
  let app: MessagingApp;

  beforeAll(async () => {
    app = await startMessagingApp({ providers, observer: notes });
    await app.kit.settled();
    expect(notes.heard).toEqual(['16 taken', 'command handled by messaging.prune']);
  });
  afterAll(() => app.close());
  beforeEach(() => void notes.heard.splice(0));

  it('hears of every attempt at an event, and of what is held behind it only when its turn comes', async () => {
    broken = ({ number }) => number === 1;
    await publish(app, new Counted('x', 1), new Counted('x', 2));
    await app.kit.settled();
    expect(notes.heard).toEqual(['rolled_back', 'event failed by test.counter']);
    expect((await app.app.get(MessagingStatus).snapshot()).consumers).toMatchObject([{ held: 2, dead: 0, lag: 0 }]);

    broken = () => false;
    app.clock.advance('2s');
    await app.kit.settled();
    const handled = 'event handled by test.counter';
    expect(notes.heard).toEqual(['rolled_back', 'event failed by test.counter', handled, handled]);
  });

  it('hears what became of commands, once of each', async () => {
    await app.queue.send(new Work(false));
    await app.kit.settled();
    await app.queue.send(new Work(true));
    await app.kit.settled();
    expect(notes.heard).toEqual(['command handled by test.work', 'rolled_back', 'command given up by test.work']);
  });

  it('hears of units of work that run again, and of those that fail', async () => {
    let runs = 0;
    await app.unitOfWork.run(async (manager) => {
      runs += 1;
      if (runs === 1) await manager.query(`do $$ begin raise exception 'conflict' using errcode = '40001'; end $$`);
    });
    await expect(app.unitOfWork.run((manager) => manager.query('select 1 / 0'))).rejects.toThrow('division by zero');
    expect(notes.heard).toEqual(['rerun', 'rolled_back']);
  });

  it('hears of partitions that are given back', async () => {
    await app.app.close();
    expect(notes.heard).toEqual(['16 left']);
    app = await startMessagingApp({ providers });
  });
});

@Message('test.never', { stream: () => ['never', 'x'] })
class Never {}

/** Is told of everything, and passes over what is counted. */
@Injectable()
class IdleSaga {
  @Saga()
  workWhenNever = (events$: Observable<IEvent>): Observable<ICommand> =>
    events$.pipe(
      ofType(Never),
      map(() => new Work(false)),
    );
}

describe('a consumer that passes events over', () => {
  let app: MessagingApp;
  beforeAll(async () => (app = await startMessagingApp({ providers: [...providers, IdleSaga] })));
  afterAll(() => app.close());
  afterEach(() => void jest.restoreAllMocks());

  const SAGA = 'IdleSaga.workWhenNever';
  const lag = async () => {
    const [row] = await app.query<{ lag: number }>(`select lag from messaging.consumer_status where name = '${SAGA}'`);
    return row!.lag;
  };
  /** The tick that stores what was passed over comes every few seconds. */
  const tickAfter = async (minutes: number) => {
    jest.spyOn(Date, 'now').mockReturnValue(Date.now() + minutes * 60_000);
    await app.app.get(OutboxForwarder).tick();
    jest.restoreAllMocks();
  };

  it('is behind no more when it stores that, also after the answer to storing it was lost', async () => {
    await publish(app, new Counted('passed', 1));
    await app.kit.settled();
    expect(await lag()).toBe(1);
    // As the lane would have, had nobody told it that it did.
    await app.query(
      `insert into messaging.consumer_progress
       select '${SAGA}', partition, 1, 0, position from messaging.event_log order by position limit 1`,
    );
    await publish(app, new Counted('passed', 2));
    await app.kit.settled();
    expect(await lag()).toBe(1);
    await tickAfter(1);
    await app.kit.settled();
    await tickAfter(2);
    expect(await lag()).toBe(0);
  });
});
