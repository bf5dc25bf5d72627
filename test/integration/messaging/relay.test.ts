import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Injectable, Logger } from '@nestjs/common';
import { EventsHandler } from '@nestjs/cqrs';
import { z } from 'zod';
import {
  Consumer,
  ConsumerOverview,
  type EventRelay,
  Fields,
  Message,
  type MessageContext,
  OutboxForwarder,
  Relay,
  type RelayedEvent,
  Unavailable,
  UnitOfWork,
} from '../../../src/messaging/index.js';
import { partitionOf } from '../../../src/messaging/partition.js';
import { Counted, publish, upTo } from '../../support/counting.js';
import { eventually } from '../../support/eventually.js';
import { type MessagingApp, startMessagingApp } from '../../support/messaging-app.js';

@Message<Registered>('test.registered', {
  stream: ({ id }) => ['person', id],
  personal: { subject: ({ id }) => id, fields: ['mail'] },
})
class Registered extends Fields({ id: z.string(), mail: z.string() }) {}

/** What the other side has taken, page by page, and what it does about the next one. */
const pages: RelayedEvent[][] = [];
let answer: (page: readonly RelayedEvent[]) => unknown;

@Injectable()
@Relay('test.relay')
class TestRelay implements EventRelay {
  constructor(private readonly unitOfWork: UnitOfWork) {}

  async publish(events: readonly RelayedEvent[]): Promise<void> {
    if (this.unitOfWork.active) throw new Error('a relay runs outside any unit of work');
    await answer(events);
    pages.push([...events]);
  }
}

const calls: { number: number; context: MessageContext }[] = [];
let react: (event: Counted, context: MessageContext) => unknown;

@Injectable()
@EventsHandler(Counted)
@Consumer('test.outside', { transaction: false, timeout: '200ms', retry: ['1s'] })
class OutsideHandler {
  constructor(private readonly unitOfWork: UnitOfWork) {}

  async handle(event: Counted, context: MessageContext): Promise<void> {
    if (this.unitOfWork.active) throw new Error('it runs outside any unit of work');
    calls.push({ number: event.number, context });
    await react(event, context);
  }
}

let app: MessagingApp;

beforeAll(async () => {
  app = await startMessagingApp({ providers: [TestRelay, OutsideHandler] });
});
afterAll(() => app.close());
beforeEach(() => {
  answer = react = () => undefined;
});
afterEach(async () => {
  answer = react = () => undefined;
  await app.kit.settled();
  await app.query('delete from messaging.held_message');
  pages.length = calls.length = 0;
});

const relayed = () => pages.flat();
const numbers = (counter: string) =>
  relayed().flatMap(({ data, stream }) => (stream?.id === counter ? [(data as Counted).number] : []));
const held = () => app.query('select position from messaging.held_message');
const counted = (counter: string, ...which: number[]) => which.map((number) => new Counted(counter, number));

/** Commits an event past the code, as one of another version leaves it. */
const publishRaw = (type: string, payload: object) =>
  app.query(
    `insert into messaging.outbox (event_id, stream_type, stream_id, partition, type, schema_version, payload, headers, occurred_at)
     values (gen_random_uuid(), 'future', '1', 3, $1, 7, $2, '{"correlationId": "c-1"}', now())`,
    [type, payload],
  );

async function lag(consumer: string): Promise<number> {
  const found = await app.app.get(ConsumerOverview).list();
  return found.find(({ name }) => name === consumer)!.lag;
}

describe('a relay', () => {
  it('gets every event as it is stored, also one whose type no code knows', async () => {
    await publishRaw('future.happened', { some: { nested: ['thing'] } });
    await app.kit.settled();
    const [{ incarnation } = {}] = await app.query<{ incarnation: string }>(
      'select incarnation from messaging.log_meta',
    );
    expect(relayed()).toMatchObject([
      {
        type: 'future.happened',
        version: 7,
        stream: { type: 'future', id: '1' },
        data: { some: { nested: ['thing'] } },
        headers: { correlationId: 'c-1' },
        incarnation,
      },
    ]);
  });

  it('does not get what concerns a person', async () => {
    const ada = new Registered({ id: 'ada', mail: 'ada@example.com' });
    await app.unitOfWork.run(async () => app.unitOfWork.record(undefined, [ada]));
    await app.kit.settled();
    expect(relayed()).toMatchObject([{ type: 'test.registered', data: { id: 'ada' } }]);
    expect(JSON.stringify(relayed())).not.toContain('example.com');
  });

  it('gets a backlog in pages, each with one step of progress', async () => {
    await publish(app, ...counted('paged', ...upTo(250)));
    await app.kit.settled();
    expect(numbers('paged')).toEqual(upTo(250));
    expect(pages.length).toBeLessThan(10);
    expect(await lag('test.relay')).toBe(0);
  });

  it('has a single failing event held, with what follows it in its stream, and the rest of its page published', async () => {
    answer = (page) => {
      if (page.some(({ data }) => (data as Counted).number === 13)) throw new Error('too large for the broker');
    };
    await publish(app, ...counted('poisoned', 12, 13, 14), ...counted('healthy', ...upTo(20)));
    await app.kit.settled();
    expect(numbers('poisoned')).toContain(12);
    expect(numbers('poisoned')).not.toContain(14);
    expect(numbers('healthy')).toEqual(upTo(20).filter((number) => number < 13));
    answer = () => undefined;
    app.clock.advance('2s');
    await app.kit.settled();
    expect([...new Set(numbers('poisoned'))]).toEqual([12, 13, 14]);
    expect([...new Set(numbers('healthy'))]).toEqual(upTo(20));
    expect(await held()).toEqual([]);
  });
});

describe('a relay whose broker can’t be reached', () => {
  const said: string[] = [];

  it('waits without holding or losing anything, says so once, and goes on in order', async () => {
    Logger.overrideLogger({ ...silent, warn: (line: unknown) => said.push(String(line)) });
    let attempts = 0;
    answer = () => {
      attempts++;
      throw new Unavailable('the broker is down');
    };
    for (const number of upTo(40)) await publish(app, ...counted(`c${number % 4}`, number));
    // Every lane pauses for longer after each try: enough for several of all.
    await eventually(() => attempts > 12);
    expect(await held()).toEqual([]);
    await eventually(async () => (await lag('test.relay')) === 40);
    expect(said.filter((line) => line.includes('the broker is down'))).toHaveLength(1);

    answer = () => undefined;
    await eventually(() => relayed().length === 40);
    for (const rest of [0, 1, 2, 3]) expect(numbers(`c${rest}`)).toEqual(upTo(40).filter((n) => n % 4 === rest));
    Logger.overrideLogger(false);
  });

  const silent = { log: () => undefined, error: () => undefined, warn: () => undefined, debug: () => undefined };
});

describe('a relay under suspicion of having taken its process down', () => {
  it('is not counted as running while it only waits for its broker', async () => {
    const [{ head } = {}] = await app.query<{ head: number }>(
      'select max(position)::int as head from messaging.event_log',
    );
    const suspect = partitionOf('counter-suspect');
    await app.query(
      `insert into messaging.lane_crash (consumer, partition, position, crashes) values ('test.relay', $1, $2, 2)`,
      [suspect, head! + 1],
    );
    // A replay makes the lanes read their suspicions anew.
    await app.query(
      `update messaging.consumer set generation = generation + 1, start_position = $1 where name = 'test.relay'`,
      [head],
    );
    let attempts = 0;
    answer = () => {
      attempts++;
      throw new Unavailable('the broker is down');
    };
    await app.app.get(OutboxForwarder).tick();
    await publish(app, ...counted('suspect', 1));
    await eventually(() => attempts >= 2);
    await eventually(async () => {
      const [row] = await app.query('select crashes, running from messaging.lane_crash');
      return row!.crashes === 2 && row!.running === false;
    });
    answer = () => undefined;
    await eventually(() => numbers('suspect').length === 1);
    await app.kit.settled();
    expect(await app.query('select 1 from messaging.lane_crash')).toEqual([]);
  });
});

describe('a consumer outside transactions', () => {
  it('is called in order, outside any unit of work, with the event’s id as the key of repeats', async () => {
    await publish(app, ...counted('outside', 1, 2, 3));
    await app.kit.settled();
    expect(calls.map(({ number }) => number)).toEqual([1, 2, 3]);
    expect(calls.map(({ context }) => context.messageId)).toEqual(relayed().map(({ id }) => id));
  });

  it('repeats with the same key what was done when its progress could not be stored', async () => {
    // A sequence forgets nothing at a rollback.
    await app.query('create sequence refusals');
    await app.query(`create function refuse_step() returns trigger language plpgsql as
      $$ begin perform nextval('refusals'); raise exception 'gone' using errcode = '57P01'; end $$`);
    await app.query(`create trigger refuse before insert on messaging.consumer_progress
                       for each row when (new.consumer = 'test.outside') execute function refuse_step()`);
    await publish(app, ...counted('torn', 1, 2));
    await eventually(async () => (await app.query('select is_called from refusals'))[0]!.is_called);
    await app.query('drop trigger refuse on messaging.consumer_progress');
    await eventually(() => calls.at(-1)?.number === 2);
    await app.kit.settled();
    const ones = calls.filter(({ number }) => number === 1);
    expect(calls.map(({ number }) => number)).toEqual([...ones.map(() => 1), 2]);
    expect(ones.length).toBeGreaterThan(1);
    expect(new Set(ones.map(({ context }) => context.messageId)).size).toBe(1);
    expect(calls.every(({ context }) => context.attempt === 1)).toBe(true);
    expect(await held()).toEqual([]);
    await app.query('drop function refuse_step');
    await app.query('drop sequence refusals');
  });

  it('has its signal aborted at the timeout; the attempt counts, and its stream waits', async () => {
    let aborted = false;
    react = ({ number }, { signal }) =>
      number === 1 && new Promise((resolve) => signal!.addEventListener('abort', () => resolve((aborted = true))));
    await publish(app, ...counted('slow', 1, 2));
    await app.kit.settled();
    expect(aborted).toBe(true);
    expect(await held()).toHaveLength(2);
    react = () => undefined;
    app.clock.advance('2s');
    await app.kit.settled();
    expect(calls.map(({ number, context }) => [number, context.attempt])).toEqual([
      [1, 1],
      [1, 2],
      [2, 1],
    ]);
  });
});
