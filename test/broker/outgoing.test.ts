import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { AppConfig } from '../../src/app.config.js';
import { Message } from '../../src/messaging/index.js';
import { Rabbit } from '../../src/relay/infrastructure/rabbit.js';
import { RabbitRelay } from '../../src/relay/infrastructure/rabbit-relay.js';
import { broker, byStream, connect, Subscriber, uniqueName } from '../support/broker.js';
import { Counted } from '../support/counting.js';
import { eventually } from '../support/eventually.js';
import { type MessagingApp, startMessagingApp } from '../support/messaging-app.js';

/** Of a counter's stream. */
@Message('test.large', { stream: ({ counter }: Large) => ['counter', counter] })
class Large {
  constructor(
    readonly counter: string,
    readonly text: string,
  ) {}
}

let app: MessagingApp;
let exchange: string;
let reader: Subscriber;

async function start(queueArguments?: Record<string, unknown>): Promise<void> {
  exchange = uniqueName('events');
  const config = { rabbitmqUrl: broker.url, rabbitmqExchange: exchange };
  app = await startMessagingApp({ providers: [Rabbit, RabbitRelay, { provide: AppConfig, useValue: config }] });
  reader = await Subscriber.of(exchange, queueArguments);
}

interface LoggedEvent {
  readonly id: string;
  readonly stream: string;
  readonly position: number;
}

const logged = () =>
  app.query<LoggedEvent>(
    `select event_id as id, stream_type || '-' || stream_id as stream, position::int from messaging.event_log order by position`,
  );

afterEach(() => app.close());

describe('a reader of a queue', () => {
  beforeEach(() => start());

  it('sees in properties and headers what the event is, without parsing its body', async () => {
    await reader.read();
    await app.unitOfWork.run(async () => app.unitOfWork.record(undefined, [new Counted('c1', 1)]));
    const { message } = await eventually(() => reader.deliveries[0]);
    const [event] = await logged();
    const [{ incarnation } = {}] = await app.query('select incarnation from messaging.log_meta');
    expect(message).toMatchObject({
      messageId: event!.id,
      type: 'test.counted',
      routingKey: 'test.counted',
      contentType: 'application/json',
      appId: 'aftercommit',
      durable: true,
      headers: { position: 1, incarnation, streamType: 'counter', streamId: 'c1', schemaVersion: 1 },
      body: { counter: 'c1', number: 1 },
    });
    expect(Math.abs(message.timestamp! - Date.now() / 1_000)).toBeLessThan(60);
  });
});

describe('a queue that is full and refuses what comes', () => {
  beforeEach(() => start({ 'x-max-length': 5, 'x-overflow': 'reject-publish' }));

  it('gets all of it in order as its reader makes room, and nothing is held', async () => {
    const other = await (await Subscriber.of(exchange)).read();
    const counters = Array.from({ length: 60 }, (_, i) => new Counted(`c${1 + (i % 4)}`, 1 + Math.floor(i / 4)));
    await app.unitOfWork.run(async () => app.unitOfWork.record(undefined, counters));
    // Long enough for the relay to have been refused several times.
    const firstFew = await eventually(() => other.firsts.length >= 5 && other.firsts.length);
    expect(firstFew).toBeLessThan(60);

    await reader.read(1, () => pause(5));
    const events = await logged();
    await eventually(() => reader.firsts.length === 60 && other.firsts.length === 60, { within: 50_000 });
    process.stdout.write(`a full queue: 60 events, ${other.deliveries.length - 60} repeated to another queue\n`);
    expect(byStream(reader.firsts)).toEqual(byStream(events));
    expect(byStream(other.firsts)).toEqual(byStream(events));
    expect(await app.query('select 1 from messaging.held_message')).toEqual([]);
  });
});

describe('an event that is larger than RabbitMQ takes', () => {
  beforeEach(() => start());

  it('is held with what follows it in its stream, and holds up no other', async () => {
    await reader.read();
    const others = Array.from({ length: 30 }, (_, i) => new Counted(`c${2 + (i % 3)}`, 1 + Math.floor(i / 3)));
    const large = new Large('c1', 'x'.repeat(2 * 1024 * 1024));
    const events = [...others.slice(0, 10), new Counted('c1', 1), large, new Counted('c1', 2), ...others.slice(10)];
    await app.unitOfWork.run(async () => app.unitOfWork.record(undefined, events));
    await eventually(() => reader.firsts.length === 31);
    await app.kit.settled();
    const held = await app.query('select type, attempts from messaging.held_message order by position');
    expect(held).toEqual([
      { type: 'test.large', attempts: 1 },
      { type: 'test.counted', attempts: 0 },
    ]);
    const streams = byStream((await logged()).filter(({ stream }) => stream !== 'counter-c1'));
    expect(byStream(reader.firsts.filter(({ stream }) => stream !== 'counter-c1'))).toEqual(streams);
  });
});

describe('an exchange', () => {
  it('that somebody declared with arguments of their own is used as it is', async () => {
    const own = uniqueName('own');
    await connect().exchangeDeclare({ exchange: own, type: 'headers', durable: true });
    await start();
    await app.close();
    const config = { rabbitmqUrl: broker.url, rabbitmqExchange: own };
    app = await startMessagingApp({ providers: [Rabbit, RabbitRelay, { provide: AppConfig, useValue: config }] });
    // Nobody has bound a queue: what can't be routed is no error.
    await app.unitOfWork.run(async () => app.unitOfWork.record(undefined, [new Counted('c1', 1)]));
    await app.kit.settled();
    const [row] = await app.query('select max(to_position)::int as done from messaging.consumer_progress');
    expect(row).toEqual({ done: 1 });
  });
});
