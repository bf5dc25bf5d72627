import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { Command, CommandHandler, EventsHandler, type ICommand, type IEvent, Saga } from '@nestjs/cqrs';
import { ignoreElements, type Observable } from 'rxjs';
import { Consumer, Message, Queued } from '../../../src/messaging/index.js';
import { type MessagingApp, startMessagingApp } from '../../support/messaging-app.js';

@Message<Registered>('person.registered', {
  stream: (event) => ['person', event.personId],
  personal: { subject: (event) => event.personId, fields: ['email'] },
})
class Registered {
  constructor(
    readonly personId: string,
    readonly visits: number,
    readonly email: string,
  ) {}
}

@EventsHandler(Registered)
@Consumer('test.greeting', { retry: ['1s'] })
class FailingHandler {
  async handle(): Promise<void> {
    throw new Error('no paper');
  }
}

@Message<Remember>('person.remember', { personal: { subject: (command) => command.personId, fields: ['email'] } })
@Queued({ effect: 'database', retry: [] })
class Remember extends Command<void> {
  constructor(
    readonly personId: string,
    readonly email: string,
  ) {
    super();
  }
}

@CommandHandler(Remember)
class RememberHandler {
  async execute(): Promise<void> {
    throw new Error('no pencil');
  }
}

class EverybodySaga {
  @Saga()
  listen = (events: Observable<IEvent>): Observable<ICommand> => events.pipe(ignoreElements());
}

describe('the log of handlers that fail', () => {
  let app: MessagingApp;
  const lines: { level: string; text: string }[] = [];

  beforeAll(async () => {
    app = await startMessagingApp({ providers: [FailingHandler, RememberHandler, EverybodySaga] });
    const writer = (level: string) => (text: unknown) => void lines.push({ level, text: String(text) });
    Logger.overrideLogger({
      log: writer('log'),
      error: writer('error'),
      warn: writer('warn'),
      debug: writer('debug'),
    });
    await app.events.publish(new Registered('anna', 3, 'anna@example.com'));
    await app.queue.send(new Remember('anna', 'anna@example.com'));
    await app.query(
      `with personal as (insert into messaging.event_personal values ($1, 'anna', '{"email": "anna@example.com"}'))
       insert into messaging.outbox (event_id, partition, type, schema_version, payload, headers, occurred_at)
       values ($1, 1, 'person.from-the-future', 1, '{"age": 3}', '{}', now())`,
      ['0198c0de-dead-7000-8000-00000000beef'],
    );
    await app.kit.settled();
    app.clock.advance('2s');
    await app.kit.settled();
  });
  afterAll(async () => {
    Logger.overrideLogger(false);
    await app.close();
  });

  const event = 'event Registered(visits=3, personId="anna")';
  const about = (level: string) => lines.filter((line) => line.level === level && line.text.includes('Registered'));

  it('names the event with its fields and the handler, before it runs', () => {
    const handling = /^handling (.*) with handler test\.greeting \(id [0-9a-f-]{36}\), attempt (\d)$/;
    expect(about('debug').map(({ text }) => handling.exec(text)?.slice(1))).toEqual([
      [event, '1'],
      [event, '2'],
    ]);
  });

  it('names a command with its fields and the handler, and why it was given up', () => {
    const command = /command Remember\(personId="anna"\) with handler RememberHandler \(id [0-9a-f-]{36}\)/;
    const told = lines
      .filter(({ text }) => command.test(text))
      .map(({ level, text }) => [level, text.replace(command, 'it')]);
    expect(told).toEqual([
      ['debug', 'handling it, attempt 1'],
      ['error', 'gave up it after 1 attempts: Error: no pencil'],
    ]);
  });

  it('names the fields of an event that no code knows, but for those that lie apart', () => {
    const future = lines.filter(({ text }) => text.includes('person.from-the-future(age=3)'));
    expect(future.map(({ level }) => level)).toEqual(['debug', 'warn', 'debug', 'warn']);
  });

  it('says at each attempt that failed why, and by which id the event is found', () => {
    const failed = /^attempt 1 failed for (.*) with handler test\.greeting \(id [0-9a-f-]{36}\): Error: no paper$/;
    expect(about('warn').map(({ text }) => failed.exec(text)?.[1])).toEqual([event]);
  });

  it('says when the event is given up, and after how many attempts', () => {
    const gaveUp = /^gave up (.*) with handler test\.greeting \(id [0-9a-f-]{36}\) after 2 attempts: Error: no paper$/;
    expect(about('error').map(({ text }) => gaveUp.exec(text)?.[1])).toEqual([event]);
  });

  it('knows nothing of personal fields', () => {
    expect(lines.filter(({ text }) => text.includes('anna@example.com'))).toEqual([]);
  });
});
