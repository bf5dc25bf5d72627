import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Injectable } from '@nestjs/common';
import { EventsHandler } from '@nestjs/cqrs';
import { DataSource } from 'typeorm';
import { type BatchHandler, BeforeCommit, Consumer, type MessageContext } from '../../../src/messaging/index.js';
import { Counted, createEffects, effectsOf, publish, upTo } from '../../support/counting.js';
import { type MessagingApp, startMessagingApp } from '../../support/messaging-app.js';

type Call = { readonly numbers: readonly number[]; readonly contexts: readonly MessageContext[] };

const INSERT = 'insert into effects (counter, number) select * from unnest($1::text[], $2::int[])';
let calls: Call[] = [];
let alone: number[] = [];
let broken: (number: number) => boolean;

async function write(dataSource: DataSource, events: readonly Counted[]): Promise<void> {
  await dataSource.query(INSERT, [events.map(({ counter }) => counter), events.map(({ number }) => number)]);
  const failing = events.find(({ number }) => broken(number));
  if (failing) throw new Error(`${failing.number} is broken`);
}

@Injectable()
@EventsHandler(Counted)
@Consumer('test.batched')
class Batched implements BatchHandler<Counted> {
  constructor(private readonly dataSource: DataSource) {}

  async handleBatch(events: readonly Counted[], contexts: readonly MessageContext[]): Promise<void> {
    calls.push({ numbers: events.map(({ number }) => number), contexts });
    await write(this.dataSource, events);
  }
}

@Injectable()
@EventsHandler(Counted)
@Consumer('test.both', { batch: 10 })
class Both implements BatchHandler<Counted> {
  constructor(private readonly dataSource: DataSource) {}

  async handleBatch(events: readonly Counted[]): Promise<void> {
    await write(this.dataSource, events);
  }

  async handle(event: Counted): Promise<void> {
    alone.push(event.number);
    await write(this.dataSource, [event]);
  }
}

@Injectable()
@EventsHandler(Counted)
@Consumer('test.outside', { transaction: false })
class Outside implements BatchHandler<Counted> {
  async handleBatch(events: readonly Counted[], contexts: readonly MessageContext[]): Promise<void> {
    calls.push({ numbers: events.map(({ number }) => number), contexts });
  }
}

@EventsHandler(Counted)
@BeforeCommit()
class Local implements BatchHandler<Counted> {
  async handleBatch(): Promise<void> {}
}

beforeEach(() => {
  calls = [];
  alone = [];
  broken = () => false;
});

describe('a handler that takes several events in one call', () => {
  let app: MessagingApp;

  beforeAll(async () => {
    app = await startMessagingApp({ providers: [Batched] });
    await createEffects(app);
  });
  afterAll(() => app.close());
  beforeEach(() => app.query('truncate effects'));

  it('is given up to a hundred, in their order, each with its context', async () => {
    await publish(app, ...upTo(150).map((number) => new Counted('one', number)));
    await app.kit.settled();
    expect(calls.map(({ numbers }) => numbers)).toEqual([upTo(100), upTo(50).map((n) => n + 100)]);
    const positions = calls.flatMap(({ contexts }) => contexts.map(({ position }) => position!));
    expect(positions).toEqual(upTo(150).map((n) => positions[0]! + n - 1));
    expect(await effectsOf(app)).toEqual({ one: upTo(150) });
  });

  it('is given each alone where a call failed: one is held with those behind it, the others are handled once', async () => {
    broken = (number) => number === 5;
    const others = upTo(10).map((n) => new Counted(`other-${n}`, 1));
    await publish(app, ...upTo(6).map((number) => new Counted('one', number)), ...others);
    await app.kit.settled();
    const { one, ...rest } = await effectsOf(app);
    expect(one).toEqual([1, 2, 3, 4]);
    expect(Object.values(rest)).toEqual(others.map(() => [1]));
    expect(calls.some(({ numbers }) => numbers.length > 1)).toBe(true);
    broken = () => false;
    app.clock.advance('2s');
    await app.kit.settled();
    expect((await effectsOf(app)).one).toEqual(upTo(6));
  });
});

describe('a handler that takes several events, of which one took its process down', () => {
  it('is given as many alone as one call could have held, and then several again', async () => {
    const dead = await startMessagingApp({ providers: [Batched], deliver: false });
    await createEffects(dead);
    await publish(dead, ...upTo(150).map((number) => new Counted('one', number)));
    await dead.query('select messaging.sequence_outbox(1000)');
    await dead.query("insert into messaging.consumer (name, types, start_position) values ('test.batched', null, 0)");
    await dead.query('select messaging.count_crashes(array(select distinct partition from messaging.event_log))');
    const survivor = await startMessagingApp({ providers: [Batched], database: dead.database });
    await survivor.kit.settled();
    expect(calls.map(({ numbers }) => numbers.length)).toEqual([...upTo(100).map(() => 1), 50]);
    expect(await effectsOf(survivor)).toEqual({ one: upTo(150) });
    await survivor.close();
    await dead.close();
  });
});

describe('a handler that has both', () => {
  let app: MessagingApp;

  beforeAll(async () => {
    app = await startMessagingApp({ providers: [Both] });
    await createEffects(app);
  });
  afterAll(() => app.close());

  it('handles alone what was among several that failed', async () => {
    broken = (number) => number === 15;
    await publish(app, ...upTo(20).map((number) => new Counted('both', number)));
    await app.kit.settled();
    expect(alone).toEqual([11, 12, 13, 14, 15]);
    expect(await effectsOf(app)).toEqual({ both: upTo(14) });
  });
});

describe('a handler outside transactions that takes several events', () => {
  it('gets a signal with each context', async () => {
    const app = await startMessagingApp({ providers: [Outside] });
    await publish(app, ...upTo(3).map((number) => new Counted('outside', number)));
    await app.kit.settled();
    expect(calls.map(({ numbers }) => numbers)).toEqual([[1, 2, 3]]);
    expect(calls[0]!.contexts.map(({ signal }) => signal?.aborted)).toEqual([false, false, false]);
    await app.close();
  });
});

describe('a local handler that only takes several events', () => {
  it('is refused at the start', async () => {
    await expect(startMessagingApp({ providers: [Local] })).rejects.toThrow(
      'Local is told of one event at a time: it needs a handle()',
    );
  });
});
