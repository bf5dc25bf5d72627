import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Logger, type Type } from '@nestjs/common';
import { Command, CommandHandler, EventsHandler, type ICommand, type IEvent, ofType, Saga } from '@nestjs/cqrs';
import { map, type Observable } from 'rxjs';
import { Message, messagingMigrations, Queued } from '../../../src/messaging/index.js';
import { createTestDatabase, type TestDatabase } from '../../support/database.js';
import { startMessagingApp } from '../../support/messaging-app.js';

const told: string[] = [];

/** A class whose name a deployment changes: the same code under two names. */
const namedEvent = (name: string) => ({ [name]: class {} })[name]!;

const handlerOf = (name: string, event: Type) => {
  const handler = { [name]: class {} }[name]!;
  Object.assign(handler.prototype, { handle: async () => void told.push(name) });
  EventsHandler(event)(handler);
  return handler;
};

const commandNamed = (name: string) => {
  const command = { [name]: class extends Command<void> {} }[name]!;
  Queued({ effect: 'database' })(command);
  return command;
};

const handlerOfCommand = (command: Type) => {
  class Handler {
    async execute(): Promise<void> {}
  }
  CommandHandler(command)(Handler);
  return Handler;
};

describe('class names that stand in for names', () => {
  let database: TestDatabase;
  const warn = jest.spyOn(Logger.prototype, 'warn');

  beforeEach(async () => {
    database = await createTestDatabase();
    told.length = 0;
    warn.mockClear();
  });
  afterEach(() => database.drop());

  /** What an application warns of while it starts. */
  const warningsOf = async (
    providers: Type[],
    work: (app: Awaited<ReturnType<typeof startMessagingApp>>) => unknown,
  ) => {
    warn.mockClear();
    const app = await startMessagingApp({ providers, database });
    const warnings = warn.mock.calls.map(([line]) => String(line));
    await work(app);
    await app.close();
    return warnings;
  };
  const nothing = () => undefined;

  it('find handlers and progress again after a restart', async () => {
    const Lent = namedEvent('Lent');
    const Counting = handlerOf('Counting', Lent);
    await warningsOf([Counting], (app) => app.events.publish(new Lent()));
    expect(await warningsOf([Counting], (app) => app.kit.settled())).toEqual([]);
    expect(told).toEqual(['Counting']);
  });

  it('are missed once, in one line that names them, when no code has them any more', async () => {
    const Lent = namedEvent('Lent');
    const Remind = commandNamed('Remind');
    await warningsOf([handlerOf('Counting', Lent), handlerOfCommand(Remind)], (app) =>
      app.queue.send(new Remind(), { delay: '1d' }),
    );
    const warnings = await warningsOf([handlerOf('Tallying', namedEvent('Borrowed'))], nothing);
    expect(warnings).toEqual([
      expect.stringMatching(
        /recorded names any more: command Remind, consumer Counting, event Lent\. .*@Consumer or @Message/,
      ),
    ]);
  });

  it('say so when the event of a handler is renamed, and no longer when the new class has the old name', async () => {
    await warningsOf([handlerOf('Counting', namedEvent('Lent'))], nothing);
    const Borrowed = namedEvent('Borrowed');
    expect(await warningsOf([handlerOf('Counting', Borrowed)], nothing)).toEqual([
      expect.stringContaining('event Lent'),
    ]);
    const Renamed = namedEvent('Renamed');
    Message('Borrowed')(Renamed);
    expect(await warningsOf([handlerOf('Counting', Renamed)], nothing)).toEqual([]);
  });

  it('are refused for an event whose class name another class has, which a handler would be given in its place', async () => {
    const handled = namedEvent('Created');
    const other = namedEvent('Created');
    await warningsOf([handlerOf('OfCreated', handled)], async (app) => {
      await expect(app.events.publish(new other())).rejects.toThrow(/two messages are called "Created".*@Message/);
    });
  });

  it('do not do for an event that only a saga consumes, which is said when one is published', async () => {
    const Returned = namedEvent('Returned');
    class Emitting {
      @Saga()
      emit = (events: Observable<IEvent>): Observable<ICommand> =>
        events.pipe(
          ofType(Returned),
          map(() => undefined as never),
        );
    }
    await warningsOf([Emitting], async (app) => {
      for (let i = 0; i < 3; i++) await app.events.publish(new Returned());
      await app.kit.settled();
    });
    const lines = warn.mock.calls.map(([line]) => String(line)).filter((line) => line.includes('Returned'));
    expect(lines).toEqual([expect.stringMatching(/Returned has no handler.*@Message\('Returned'\)/)]);
  });
});

describe("a plain saga's command", () => {
  const emitting = (command: Type) => {
    const Happened = namedEvent(`Happened${command.name}`);
    class Emitting {
      @Saga()
      emit = (events: Observable<IEvent>): Observable<ICommand> =>
        events.pipe(
          ofType(Happened),
          map(() => new command() as ICommand),
        );
    }
    return { Emitting, Happened };
  };

  const failureOf = async (command: Type, providers: Type[]) => {
    const { Emitting, Happened } = emitting(command);
    const app = await startMessagingApp({ providers: [Emitting, ...providers] });
    await app.events.publish(new Happened());
    await app.kit.settled();
    const [held] = await app.query<{ history: string }>('select history::text from messaging.held_message');
    await app.close();
    return held?.history;
  };

  it('that nobody handles is held, with the reason', async () => {
    class Unhandled {}
    expect(await failureOf(Unhandled, [])).toMatch(/Unhandled can't be stored: it has no handler/);
  });

  it('whose class name another command has is held, rather than run as the other one', async () => {
    const [one, other] = [namedEvent('Create'), namedEvent('Create')];
    const providers = [handlerOfCommand(one), handlerOfCommand(other)];
    expect(await failureOf(one, providers)).toMatch(/Create can't be stored/);
  });
});

describe('the migrations of two schemas', () => {
  it('are two for TypeORM, so that both are run on one database', async () => {
    const app = await startMessagingApp({ providers: [] });
    const dataSource = app.dataSource;
    const names = [...messagingMigrations(), ...messagingMigrations('lending')].map(
      (migration) => new migration().name,
    );
    expect(names).toEqual(['CreateMessaging1764000000000', 'CreateMessaging_lending_1764000000000']);
    Object.assign(dataSource, { migrations: [new (messagingMigrations('lending')[0]!)()] });
    const run = await dataSource.runMigrations();
    expect(run.map(({ name }) => name)).toEqual(['CreateMessaging_lending_1764000000000']);
    expect(await app.query('select count(*)::int as n from lending.event_log')).toEqual([{ n: 0 }]);
    await dataSource.undoLastMigration();
    await expect(app.query('select 1 from lending.event_log')).rejects.toThrow(/does not exist/);
    await app.close();
  });
});
