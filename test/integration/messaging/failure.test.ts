import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Injectable } from '@nestjs/common';
import { Command, CommandHandler, EventsHandler, type ICommand, type IEvent, ofType, Saga } from '@nestjs/cqrs';
import { ignoreElements, type Observable } from 'rxjs';
import { DataSource } from 'typeorm';
import {
  Consumer,
  ConsumerOverview,
  DeadLetters,
  Inbox,
  Message,
  OutboxForwarder,
  Queued,
  UnitOfWork,
} from '../../../src/messaging/index.js';
import { Counted, createEffects, effectsOf, publish, upTo } from '../../support/counting.js';
import { type MessagingApp, startMessagingApp } from '../../support/messaging-app.js';

let broken: (event: Counted) => boolean;

@Injectable()
@EventsHandler(Counted)
@Consumer<Counted>('test.fragile', { retry: ['1s', '2s'], parkBy: (event) => `${event.counter}/${event.number % 2}` })
class FragileHandler {
  constructor(private readonly dataSource: DataSource) {}

  async handle(event: Counted): Promise<void> {
    await this.dataSource.query('insert into effects (counter, number) values ($1, $2)', [event.counter, event.number]);
    if (broken(event)) throw new Error(`${event.counter} ${event.number} is broken`);
  }
}

@Message('test.doomed')
@Queued({ effect: 'database', retry: [] })
class Doomed extends Command<void> {
  constructor(readonly giveUp: 'recorded' | 'failing') {
    super();
  }
}

@Injectable()
@CommandHandler(Doomed)
class DoomedHandler {
  constructor(
    private readonly dataSource: DataSource,
    private readonly unitOfWork: UnitOfWork,
  ) {}

  async execute(): Promise<void> {
    throw new Error('doomed');
  }

  async onGiveUp({ giveUp }: Doomed, error: Error): Promise<void> {
    await this.dataSource.query("insert into effects (counter, number) values ('given up', 1)");
    this.unitOfWork.record(undefined, [new Counted(`gave up: ${error.message}`, 1)]);
    if (giveUp === 'failing') throw new Error('cannot record it');
  }
}

class FragileSaga {
  @Saga()
  ignore = (events: Observable<IEvent>): Observable<ICommand> => events.pipe(ofType(Counted), ignoreElements());
}

describe('an application whose handlers fail', () => {
  let app: MessagingApp;
  let letters: DeadLetters;

  beforeAll(async () => {
    app = await startMessagingApp({ providers: [FragileHandler, DoomedHandler, FragileSaga] });
    letters = app.app.get(DeadLetters);
    await createEffects(app);
  });
  afterAll(() => app.close());
  beforeEach(async () => {
    broken = () => false;
    await app.kit.settled();
    await app.query('truncate effects');
    await app.query('delete from messaging.held_message');
    await app.query('delete from messaging.queued_command where dead_at is not null');
  });

  async function untilGivenUp(): Promise<void> {
    for (const wait of ['0ms', '1.2s', '2.4s'] as const) {
      app.clock.advance(wait);
      await app.kit.settled();
    }
  }

  it('holds back only what has the failing event’s park key', async () => {
    broken = ({ number }) => number === 1;
    await publish(app, ...upTo(6).map((number) => new Counted('parked', number)));
    await app.kit.settled();
    expect(await effectsOf(app)).toEqual({ parked: [2, 4, 6] });
    broken = () => false;
    app.clock.advance('1.2s');
    await app.kit.settled();
    expect(await effectsOf(app)).toEqual({ parked: [2, 4, 6, 1, 3, 5] });
  });

  it('gives up after the last attempt, keeps the history, and goes on in order when an operator retries', async () => {
    broken = ({ number }) => number === 1;
    await publish(app, new Counted('dead', 1), new Counted('dead', 3));
    await untilGivenUp();
    const [letter] = await letters.list({ consumer: 'test.fragile' }, 10);
    expect(letter).toMatchObject({
      kind: 'event',
      type: 'test.counted',
      attempts: 3,
      waiting: 1,
      error: 'Error: dead 1 is broken',
    });
    const details = await letters.get(letter!.id);
    expect(details!.history.map(({ attempt }) => attempt)).toEqual([1, 2, 3]);
    expect(await effectsOf(app)).toEqual({});
    broken = () => false;
    expect(await letters.retry({ id: letter!.id }, 'operator:jo')).toBe(1);
    await app.kit.settled();
    expect(await effectsOf(app)).toEqual({ dead: [1, 3] });
    expect(await letters.list({}, 10)).toEqual([]);
  });

  it('lets what waits go on when an operator discards the head, and remembers who and why', async () => {
    broken = ({ number }) => number === 1;
    await publish(app, new Counted('thrown away', 1), new Counted('thrown away', 3));
    await untilGivenUp();
    const [letter] = await letters.list({ streamId: 'thrown away' }, 10);
    expect(await letters.discard(letter!.id, 'nonsense', 'operator:jo')).toBe(true);
    expect(await letters.discard(letter!.id, 'nonsense', 'operator:jo')).toBe(false);
    await app.kit.settled();
    expect(await effectsOf(app)).toEqual({ 'thrown away': [3] });
    expect(await app.query('select reason, actor from messaging.discarded_message')).toEqual([
      { reason: 'nonsense', actor: 'operator:jo' },
    ]);
  });

  it('is discarded once when two operators do it at the same moment', async () => {
    broken = ({ number }) => number === 1;
    await publish(app, new Counted('contested', 1));
    await untilGivenUp();
    const [letter] = await letters.list({}, 10);
    const discarded = await Promise.all(upTo(5).map((n) => letters.discard(letter!.id, 'nonsense', `operator:${n}`)));
    expect(discarded.filter(Boolean)).toHaveLength(1);
  });

  it('lists letters page by page, also after the last one of a page has gone', async () => {
    broken = () => true;
    await publish(app, ...upTo(5).map((number) => new Counted(`page ${number}`, 1)));
    await untilGivenUp();
    const first = await letters.list({}, 2);
    await letters.discard(first[1]!.id, 'nonsense', 'operator:jo');
    const rest = await letters.list({}, 10, first[1]);
    expect(rest).toHaveLength(3);
    expect(new Set([...first, ...rest].map(({ id }) => id)).size).toBe(5);
  });

  it('pauses when ten keys fail in a row, instead of parking everything, and goes on where it stood', async () => {
    broken = () => true;
    await publish(app, ...upTo(40).map((n) => new Counted(`victim-${n}`, 1)));
    await app.kit.settled();
    const held = () => app.query('select 1 from messaging.held_message');
    expect((await held()).length).toBeLessThan(10);
    app.clock.advance('31s');
    await app.kit.settled();
    expect((await held()).length).toBeLessThan(10);
    broken = () => false;
    app.clock.advance('31s');
    await app.kit.settled();
    expect(await held()).toEqual([]);
    expect(Object.keys(await effectsOf(app))).toHaveLength(40);
  });

  it('lets a handler record in its own terms that a command was given up', async () => {
    await app.queue.send(new Doomed('recorded'));
    await app.kit.settled();
    expect(await effectsOf(app)).toEqual({ 'given up': [1], 'gave up: doomed': [1] });
    expect(await letters.list({}, 10)).toEqual([]);
  });

  it('buries a command whose onGiveUp fails too, and undoes what that did', async () => {
    await app.queue.send(new Doomed('failing'));
    await app.kit.settled();
    expect(await effectsOf(app)).toEqual({});
    expect(await letters.list({ type: 'test.doomed' }, 10)).toMatchObject([
      { kind: 'command', error: 'Error: doomed' },
    ]);
  });

  it('holds an event of a type that no code knows, where everybody can see it', async () => {
    await app.query(
      `insert into messaging.outbox (event_id, partition, type, schema_version, payload, headers, occurred_at)
       values (gen_random_uuid(), 1, 'test.from-the-future', 1, '{}', '{}', now())`,
    );
    await app.kit.settled();
    expect(
      await app.query('select consumer, type, history -> 0 ->> $1 as error from messaging.held_message', ['error']),
    ).toEqual([
      {
        consumer: 'FragileSaga.ignore',
        type: 'test.from-the-future',
        error: 'UnknownMessageError: no class is known for messages of type "test.from-the-future"',
      },
    ]);
  });

  it('shows how far a consumer is and what it holds, and handles everything once more on replay', async () => {
    const overview = app.app.get(ConsumerOverview);
    broken = ({ number }) => number === 1;
    await publish(app, new Counted('replayed', 1), new Counted('replayed', 3), new Counted('replayed', 2));
    await app.kit.settled();
    const status = async () => (await overview.list()).find(({ name }) => name === 'test.fragile');
    expect(await status()).toMatchObject({ lag: 0, heldKeys: 1, heldMessages: 2, deadMessages: 0, orphaned: false });
    broken = () => false;
    await app.query('truncate effects');
    expect(await overview.replay('test.fragile')).toBe(true);
    await app.app.get(OutboxForwarder).tick();
    await app.kit.settled();
    expect((await effectsOf(app)).replayed).toEqual([1, 3, 2]);
    expect(await status()).toMatchObject({ generation: 2, heldKeys: 0, lag: 0 });
  });

  it('takes a message from outside once, and not at all when its work fails', async () => {
    const inbox = app.app.get(Inbox);
    const work = () => app.query("insert into effects (counter, number) values ('inbox', 1)").then(() => undefined);
    const failing = async () => {
      await work();
      throw new Error('not now');
    };
    await expect(inbox.once('broker', 'm1', failing)).rejects.toThrow('not now');
    const taken = await Promise.all(upTo(5).map(() => inbox.once('broker', 'm1', work)));
    expect(taken.filter(Boolean)).toHaveLength(1);
    expect(await effectsOf(app)).toEqual({ inbox: [1] });
  });
});

describe('an event that was being handled when its process died', () => {
  let app: MessagingApp;

  beforeAll(async () => {
    app = await startMessagingApp({ providers: [FragileHandler], deliver: false });
    await createEffects(app);
  });
  afterAll(() => app.close());

  /** What the next instance finds after `times` deaths; from the third on only the suspect was running. */
  async function takeOverAfter(times: number): Promise<MessagingApp> {
    const dead =
      "insert into messaging.instance values ('00000000-0000-7000-8000-000000000001', '-infinity') on conflict do nothing";
    await app.query(dead);
    await app.query(
      'insert into messaging.consumer (name, types, start_position) values ($1, $2, 0) on conflict do nothing',
      ['test.fragile', ['test.counted']],
    );
    await app.query('select messaging.sequence_outbox(100)');
    for (const crash of upTo(times)) {
      await app.query('select messaging.count_crashes(array(select partition from messaging.lease))');
      if (crash > 1 && crash < times) await app.query('update messaging.lane_crash set running = position = 1');
    }
    return startMessagingApp({ providers: [FragileHandler], database: app.database });
  }

  it('is given up after the third time, and the suspects beside it are handled', async () => {
    broken = () => false;
    await publish(app, new Counted('murderer', 1), ...upTo(10).map((n) => new Counted(`innocent-${n}`, 1)));
    const survivor = await takeOverAfter(3);
    await survivor.kit.settled();
    expect(Object.keys(await effectsOf(app)).sort()).toEqual(
      upTo(10)
        .map((n) => `innocent-${n}`)
        .sort(),
    );
    const [letter] = await survivor.app.get(DeadLetters).list({}, 10);
    expect(letter).toMatchObject({ stream: { id: 'murderer' }, error: expect.stringContaining('ended 3 times') });
    expect(await app.query('select * from messaging.lane_crash')).toEqual([]);
    await survivor.close();
  });
});
