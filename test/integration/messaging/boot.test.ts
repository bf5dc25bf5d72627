import { describe, expect, it } from '@jest/globals';
import { Global, Injectable, Module, type OnApplicationBootstrap, Scope, type Type } from '@nestjs/common';
import { Command, CommandHandler, CqrsModule, EventsHandler, type IEvent, ofType, Saga } from '@nestjs/cqrs';
import { map, type Observable } from 'rxjs';
import {
  AfterCommit,
  BeforeCommit,
  Consumer,
  currentMessage,
  Message,
  type MessagingOptions,
  Queued,
} from '../../../src/messaging/index.js';
import { eventually } from '../../support/eventually.js';
import { startMessagingApp } from '../../support/messaging-app.js';

@Message('boot.named')
class Named {}

class Nameless {}

@Message('boot.command')
@Queued({ effect: 'database' })
class NamedCommand extends Command<void> {}

@Queued({ effect: 'database' })
class NamelessCommand extends Command<void> {}

class PlainCommand extends Command<void> {}

class Handler {
  async handle(): Promise<void> {}
  async execute(): Promise<void> {}
}

@EventsHandler(Named)
@Consumer('boot.consumer')
class FirstConsumer extends Handler {}

@EventsHandler(Named)
@Consumer('boot.consumer')
class SecondConsumer extends Handler {}

@EventsHandler(Named)
class NamelessConsumer extends Handler {}

@EventsHandler(Nameless)
@Consumer('boot.of-nameless')
class ConsumerOfNameless extends Handler {}

@EventsHandler(Nameless)
@BeforeCommit()
class BeforeNameless extends Handler {}

@EventsHandler(Named)
@AfterCommit()
class AfterNamed extends Handler {}

@CommandHandler(NamedCommand)
class FirstHandler extends Handler {}

@CommandHandler(NamedCommand)
class SecondHandler extends Handler {}

@CommandHandler(NamelessCommand)
class NamelessCommandHandler extends Handler {}

@CommandHandler(PlainCommand)
class PlainCommandHandler extends Handler {}

@Injectable({ scope: Scope.REQUEST })
class RequestScopedSaga {
  @Saga()
  react = (events: Observable<IEvent>) =>
    events.pipe(
      ofType(Named),
      map(() => new NamedCommand()),
    );
}

const booting = (providers: Type[], options?: MessagingOptions) =>
  startMessagingApp({ ...options, providers }).then((app) => app.close());

describe('an application does not start', () => {
  it('with two consumers of one name', async () => {
    await expect(booting([FirstConsumer, SecondConsumer])).rejects.toThrow('two consumers are called "boot.consumer"');
  });

  it('with two handlers for one command', async () => {
    await expect(booting([FirstHandler, SecondHandler])).rejects.toThrow(
      'NamedCommand has two handlers: FirstHandler and SecondHandler',
    );
  });

  it('with a saga that is request-scoped', async () => {
    await expect(booting([RequestScopedSaga])).rejects.toThrow(/RequestScopedSaga is request-scoped/);
  });
});

describe('where names are strict, an application', () => {
  const strict = { strictNames: true };

  it.each([
    ['a durable handler without a name', NamelessConsumer, /NamelessConsumer needs a stable name: @Consumer/],
    ['a durable handler of an event without a name', ConsumerOfNameless, /Nameless.* stable name: @Message/],
    ['a local handler of an event without a name', BeforeNameless, /Nameless.* stable name: @Message/],
    ['a queued command without a name', NamelessCommandHandler, /NamelessCommand .*stable name: @Message/],
  ])('does not start with %s', async (_, provider, message) => {
    await expect(booting([provider], strict)).rejects.toThrow(message);
  });

  it('starts where everything that is stored has one', async () => {
    await booting([FirstConsumer, AfterNamed, FirstHandler, PlainCommandHandler], strict);
  });
});

describe('where names are not strict, an application', () => {
  it('starts without any', async () => {
    await booting([NamelessConsumer, ConsumerOfNameless, BeforeNameless, NamelessCommandHandler]);
  });
});

describe('an application that starts with a command due', () => {
  const handled: number[] = [];

  @CommandHandler(NamedCommand)
  class CountingHandler {
    async execute(): Promise<void> {
      handled.push(currentMessage()!.attempt);
    }
  }

  /** Starts between the core and Nest's module of the buses: global modules start first, in the order of the imports. */
  @Global()
  @Module({})
  class SlowToStart implements OnApplicationBootstrap {
    async onApplicationBootstrap(): Promise<void> {
      // Where it is not handled meanwhile, the start goes on, and the test says so.
      await eventually(() => handled.length > 0, { within: 3_000 }).catch(() => undefined);
    }
  }

  it('runs it at the first attempt, whatever else is still to start', async () => {
    const providers = [CountingHandler];
    const recording = await startMessagingApp({ providers, deliver: false });
    const { database, queue } = recording;
    await recording.unitOfWork.run(() => queue.send(new NamedCommand()));
    const delivering = await startMessagingApp({ providers, database, imports: [SlowToStart, CqrsModule.forRoot()] });
    expect(handled).toEqual([1]);
    await delivering.close();
    await recording.close();
  });
});
