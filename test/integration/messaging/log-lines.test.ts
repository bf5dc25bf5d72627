import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { EventsHandler } from '@nestjs/cqrs';
import { Consumer, Message } from '../../../src/messaging/index.js';
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

describe('the log of a handler that fails', () => {
  let app: MessagingApp;
  const lines: { level: string; text: string }[] = [];

  beforeAll(async () => {
    app = await startMessagingApp({ providers: [FailingHandler] });
    const writer = (level: string) => (text: unknown) => void lines.push({ level, text: String(text) });
    Logger.overrideLogger({
      log: writer('log'),
      error: writer('error'),
      warn: writer('warn'),
      debug: writer('debug'),
    });
    await app.events.publish(new Registered('anna', 3, 'anna@example.com'));
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
    expect(about('debug').map(({ text }) => text)).toEqual([`handling ${event} with handler test.greeting`]);
  });

  it('says at each attempt that failed why, and by which id the event is found', () => {
    const failed = /^attempt 1 failed for (.*) with handler test\.greeting \(id [0-9a-f-]{36}\): Error: no paper$/;
    expect(about('warn').map(({ text }) => failed.exec(text)?.[1])).toEqual([event]);
  });

  it('says when the event is given up, and after how many attempts', () => {
    const gaveUp = /^gave up (.*) after 2 attempts with handler test\.greeting \(id [0-9a-f-]{36}\): Error: no paper$/;
    expect(about('error').map(({ text }) => gaveUp.exec(text)?.[1])).toEqual([event]);
  });

  it('knows nothing of personal fields', () => {
    expect(lines.filter(({ text }) => text.includes('anna@example.com'))).toEqual([]);
  });
});
