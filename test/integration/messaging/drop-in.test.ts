import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Inject, Injectable, Scope } from '@nestjs/common';
import { REQUEST } from '@nestjs/core';
import {
  AggregateRoot,
  AsyncContext,
  Command,
  CommandBus,
  CommandHandler,
  CommandHandlerNotFoundException,
  EventBus,
  EventPublisher,
  EventsHandler,
  type IAggregateRoot,
  type ICommand,
  type IEvent,
  InvalidSagaException,
  ofType,
  Query,
  QueryHandler,
  QueryHandlerNotFoundException,
  Saga,
  UnhandledExceptionBus,
  type UnhandledExceptionInfo,
  WithAggregateRoot,
} from '@nestjs/cqrs';
import { filter, map, mergeMap, type Observable, of } from 'rxjs';
import { type Start, startDurable, type Started, startPlain } from './variants.js';

// What the documentation of @nestjs/cqrs promises. Nothing here knows of the messaging core: no name, no option.

class Renamed {
  constructor(readonly account: string) {}
}

class Closed {
  constructor(readonly account: string) {}
}

class Account extends AggregateRoot {
  names: string[] = [];

  constructor(readonly id: string) {
    super();
  }

  onRenamed({ account }: Renamed): void {
    this.names.push(account);
  }
}

class Monster {
  constructor(readonly id: string) {}
}

class Dragon extends WithAggregateRoot(Monster) {}

/** Keeps its domain free of the framework. */
class Custom implements IAggregateRoot {
  readonly id = 'custom';
  autoCommit = false;
  #events: IEvent[] = [];

  publish(_event: IEvent): void {}
  publishAll(_events: IEvent[]): void {}
  loadFromHistory(): void {}
  getUncommittedEvents = () => this.#events;
  uncommit = () => void (this.#events = []);
  apply = (event: IEvent) => void this.#events.push(event);
  commit(): void {
    this.publishAll(this.#events);
    this.uncommit();
  }
}

interface Tools {
  readonly publisher: EventPublisher;
  readonly events: EventBus;
  readonly commands: CommandBus;
}

/** Does whatever a test wants done in a command handler. */
class Do<T = void> extends Command<T> {
  constructor(readonly work: (tools: Tools) => T | Promise<T>) {
    super();
  }
}

@CommandHandler(Do)
class DoHandler {
  readonly tools: Tools;

  constructor(publisher: EventPublisher, events: EventBus, commands: CommandBus) {
    this.tools = { publisher, events, commands };
  }

  async execute({ work }: Do<unknown>): Promise<unknown> {
    return work(this.tools);
  }
}

/** Extends nothing. */
class Note {
  constructor(readonly text: string) {}
}

@CommandHandler(Note)
class NoteHandler {
  async execute({ text }: Note): Promise<void> {
    told.push(`noted ${text}`);
    if (text === 'unspeakable') throw new UnspeakableError(text);
  }
}

class Unheard extends Command<void> {}
class UnheardQuery extends Query<void> {}

class NameOf extends Query<string> {
  constructor(readonly account: string) {
    super();
  }
}

@QueryHandler(NameOf)
class NameOfHandler {
  async execute({ account }: NameOf): Promise<string> {
    return `the name of ${account}`;
  }
}

class MyRequest extends AsyncContext {
  constructor(readonly user: string) {
    super();
  }
}

class WhoAsks extends Command<unknown> {}
class WhoWants extends Query<unknown> {}

@CommandHandler(WhoAsks, { scope: Scope.REQUEST })
class WhoAsksHandler {
  constructor(@Inject(REQUEST) private readonly request: AsyncContext) {}

  async execute(): Promise<unknown> {
    return [this.request, this];
  }
}

@QueryHandler(WhoWants, { scope: Scope.REQUEST })
class WhoWantsHandler {
  constructor(@Inject(REQUEST) private readonly request: AsyncContext) {}

  async execute(): Promise<unknown> {
    return [this.request, this];
  }
}

class UnspeakableError extends Error {}

const told: string[] = [];

@EventsHandler(Renamed)
class FirstHandler {
  handle({ account }: Renamed): void {
    told.push(`first ${account}`);
    if (account === 'bad') throw new UnspeakableError(account);
  }
}

@EventsHandler(Renamed, Closed)
class SecondHandler {
  async handle(event: Renamed | Closed): Promise<void> {
    told.push(`second ${event instanceof Closed ? 'closed ' : ''}${event.account}`);
  }
}

const instances = new Set<unknown>();

@Injectable({ scope: Scope.REQUEST })
@EventsHandler(Closed)
class ScopedHandler {
  handle(): void {
    instances.add(this);
  }
}

@Injectable()
class NoteSaga {
  @Saga()
  noteClosed = (events: Observable<IEvent>): Observable<ICommand> =>
    events.pipe(
      ofType(Closed),
      filter(({ account }) => !account.startsWith('silent')),
      mergeMap(({ account }) => of(new Note(account), new Note(`${account} again`))),
    );

  @Saga()
  handContextOn = (events: Observable<IEvent>): Observable<ICommand> =>
    events.pipe(
      ofType(Closed),
      filter(({ account }) => account === 'with context'),
      map((event) => {
        const command = new Note('handed on');
        AsyncContext.of(event)!.attachTo(command);
        return command;
      }),
    );

  @Saga()
  failing = (events: Observable<IEvent>): Observable<ICommand> =>
    events.pipe(
      ofType(Closed),
      map(({ account }) => {
        if (account === 'silent saga') throw new UnspeakableError(account);
        return undefined as never;
      }),
    );
}

const providers = [
  DoHandler,
  NoteHandler,
  NameOfHandler,
  WhoAsksHandler,
  WhoWantsHandler,
  FirstHandler,
  SecondHandler,
  ScopedHandler,
  NoteSaga,
];

describe.each<[string, Start]>([
  ['plain CqrsModule', startPlain],
  ['MessagingModule', startDurable],
])('with %s', (_, start) => {
  let it_: Started;
  const unhandled: UnhandledExceptionInfo[] = [];

  beforeAll(async () => {
    it_ = await start(providers);
    it_.exceptions.subscribe((info) => unhandled.push(info));
  });
  afterAll(() => it_.close());
  beforeEach(async () => {
    await it_.settled();
    told.length = 0;
    unhandled.length = 0;
  });

  const toldInTheEnd = async () => {
    await it_.settled();
    return [...told].sort();
  };

  describe('the command bus', () => {
    it("gives the handler's result, or its error, to the sender", async () => {
      expect(await it_.commands.execute(new Do(() => 42))).toBe(42);
      const failing = new Do(() => Promise.reject(new UnspeakableError('no')));
      await expect(it_.commands.execute(failing)).rejects.toThrow(UnspeakableError);
    });

    it('takes a command that extends nothing', async () => {
      await it_.commands.execute(new Note('plain'));
      expect(told).toEqual(['noted plain']);
    });

    it('refuses a command that nobody handles', async () => {
      const send = async () => it_.commands.execute(new Unheard());
      await expect(send()).rejects.toThrow(CommandHandlerNotFoundException);
    });

    it('shows every command to its subscribers', async () => {
      const seen: ICommand[] = [];
      const subscription = it_.commands.subscribe((command) => seen.push(command));
      const command = new Note('watched');
      await it_.commands.execute(command);
      subscription.unsubscribe();
      expect(seen).toEqual([command]);
      expect(seen[0]).toBe(command);
    });

    it('gives a request-scoped handler the context as its request, and each command a handler of its own', async () => {
      const request = new MyRequest('ann');
      const [first, one] = (await it_.commands.execute(new WhoAsks(), request)) as unknown[];
      const [second, other] = (await it_.commands.execute(new WhoAsks())) as unknown[];
      expect(first).toBe(request);
      expect(second).toBeInstanceOf(AsyncContext);
      expect(one).not.toBe(other);
    });
  });

  describe('the query bus', () => {
    it("gives the handler's result", async () => {
      expect(await it_.queries.execute(new NameOf('ann'))).toBe('the name of ann');
    });

    it('refuses a query that nobody handles', async () => {
      await expect(it_.queries.execute(new UnheardQuery())).rejects.toThrow(QueryHandlerNotFoundException);
    });

    it('shows every query to its subscribers', async () => {
      const seen: object[] = [];
      const subscription = it_.queries.subscribe((query) => seen.push(query));
      await it_.queries.execute(new NameOf('ann'));
      subscription.unsubscribe();
      expect(seen).toEqual([new NameOf('ann')]);
    });

    it('gives a request-scoped handler the context as its request', async () => {
      const request = new MyRequest('ann');
      const [seen] = (await it_.queries.execute(new WhoWants(), request)) as unknown[];
      expect(seen).toBe(request);
    });
  });

  describe('the event bus', () => {
    it('hands an event to all of its handlers, whatever they return', async () => {
      await it_.events.publish(new Renamed('ann'));
      expect(await toldInTheEnd()).toEqual(['first ann', 'second ann']);
    });

    it('hands over several events', async () => {
      await it_.events.publishAll([new Renamed('ann'), new Closed('silent ann')]);
      expect(await toldInTheEnd()).toEqual(['first ann', 'second ann', 'second closed silent ann']);
    });

    it('hands over what a command handler publishes without waiting', async () => {
      await it_.commands.execute(new Do(({ events }) => void events.publish(new Renamed('ann'))));
      expect(await toldInTheEnd()).toEqual(['first ann', 'second ann']);
    });

    it('shows every event to its subscribers', async () => {
      const seen: IEvent[] = [];
      const subscription = it_.events.subscribe((event) => seen.push(event));
      const event = new Renamed('watched');
      await it_.events.publish(event);
      subscription.unsubscribe();
      expect(seen).toEqual([event]);
      expect(seen[0]).toBe(event);
    });

    it('gives each event a request-scoped handler of its own', async () => {
      instances.clear();
      await it_.events.publish(new Closed('silent one'));
      await it_.events.publish(new Closed('silent other'));
      await it_.settled();
      expect(instances.size).toBe(2);
    });
  });

  describe('an aggregate', () => {
    const commit = (make: (publisher: EventPublisher) => IAggregateRoot & Pick<AggregateRoot, 'apply'>) =>
      it_.commands.execute(
        new Do(({ publisher }) => {
          const aggregate = make(publisher);
          aggregate.apply(new Renamed('ann'));
          expect(aggregate.getUncommittedEvents()).toHaveLength(1);
          aggregate.commit();
          expect(aggregate.getUncommittedEvents()).toEqual([]);
        }),
      );

    it.each<[string, (publisher: EventPublisher) => IAggregateRoot & Pick<AggregateRoot, 'apply'>]>([
      ['whose object was merged', (publisher) => publisher.mergeObjectContext(new Account('1'))],
      ['whose class was merged', (publisher) => new (publisher.mergeClassContext(Account))('1')],
      ['that has the mixin', (publisher) => publisher.mergeObjectContext(new Dragon('1'))],
      ['that implements the interface by itself', (publisher) => publisher.mergeObjectContext(new Custom()) as never],
    ])('%s publishes its events when it commits', async (__, make) => {
      await commit(make);
      expect(await toldInTheEnd()).toEqual(['first ann', 'second ann']);
    });

    it('publishes at once what is applied when it commits by itself', async () => {
      const work = ({ publisher }: Tools) => {
        const account = publisher.mergeObjectContext(new Account('1'));
        account.autoCommit = true;
        account.apply(new Renamed('ann'));
        expect(account.getUncommittedEvents()).toEqual([]);
      };
      await it_.commands.execute(new Do(work));
      expect(await toldInTheEnd()).toEqual(['first ann', 'second ann']);
    });

    it('publishes nothing that was uncommitted, or that is its history, and applies both', async () => {
      const work = ({ publisher }: Tools) => {
        const account = publisher.mergeObjectContext(new Account('1'));
        account.loadFromHistory([new Renamed('old')]);
        account.apply(new Renamed('ann'));
        account.uncommit();
        account.commit();
        return account.names;
      };
      expect(await it_.commands.execute(new Do(work))).toEqual(['old', 'ann']);
      expect(await toldInTheEnd()).toEqual([]);
    });
  });

  describe('a saga', () => {
    it('maps an event to commands, which are executed', async () => {
      await it_.events.publish(new Closed('ann'));
      expect(await toldInTheEnd()).toEqual(['noted ann', 'noted ann again', 'second closed ann']);
    });

    it('may hand the context of an event on to a command', async () => {
      await it_.events.publish(new Closed('with context'), new MyRequest('ann'));
      expect(await toldInTheEnd()).toContain('noted handed on');
    });
  });

  describe('the bus of unhandled exceptions', () => {
    it('tells of a handler that failed, and of the event; the sender and other handlers notice nothing', async () => {
      await it_.events.publish(new Renamed('bad'));
      expect(await toldInTheEnd()).toEqual(['first bad', 'second bad']);
      expect(unhandled).toEqual([{ cause: new Renamed('bad'), exception: new UnspeakableError('bad') }]);
      expect(unhandled[0]!.cause).toBeInstanceOf(Renamed);
    });

    it('tells of a saga that failed, by its name', async () => {
      await it_.events.publish(new Closed('silent saga'));
      await it_.settled();
      expect(unhandled).toEqual([{ cause: 'failing', exception: new UnspeakableError('silent saga') }]);
    });

    it("tells of a saga's command that failed", async () => {
      await it_.events.publish(new Closed('unspeakable'));
      await it_.settled();
      expect(unhandled).toEqual([{ cause: new Note('unspeakable'), exception: new UnspeakableError('unspeakable') }]);
    });

    it('filters by the class of the exception', async () => {
      const seen: UnhandledExceptionInfo[] = [];
      const subscription = it_.exceptions
        .pipe(UnhandledExceptionBus.ofType(RangeError, UnspeakableError))
        .subscribe((info) => seen.push(info as UnhandledExceptionInfo));
      const none = it_.exceptions.pipe(UnhandledExceptionBus.ofType(RangeError)).subscribe(() => told.push('never'));
      await it_.events.publish(new Renamed('bad'));
      await it_.settled();
      subscription.unsubscribe();
      none.unsubscribe();
      expect(seen).toHaveLength(1);
      expect(told).not.toContain('never');
    });
  });

  describe('an application', () => {
    const starting = (saga: new () => object) => start([saga]).then((started) => started.close());

    class NotObservable {
      @Saga()
      notObservable = () => 'commands' as never;
    }

    class NoFunction {
      @Saga()
      noFunction = 'events' as never;
    }

    @Injectable({ scope: Scope.REQUEST })
    class RequestScoped {
      @Saga()
      requestScoped = (events: Observable<IEvent>) => events.pipe(map(() => new Note('never')));
    }

    it('does not start with a saga that gives no Observable', async () => {
      await expect(starting(NotObservable)).rejects.toThrow(InvalidSagaException);
    });

    it('does not start with a saga that is no function', async () => {
      await expect(starting(NoFunction)).rejects.toThrow();
    });

    it('does not start with a saga that is request-scoped', async () => {
      await expect(starting(RequestScoped)).rejects.toThrow(/scope/i);
    });

    it('tells the publishers of its options what the buses are given', async () => {
      const heard: Record<string, unknown[]> = { command: [], query: [], exception: [] };
      const publisher = (kind: string) => ({ publish: (thing: unknown) => heard[kind]!.push(thing) });
      const started = await start(providers, {
        commandPublisher: publisher('command') as never,
        queryPublisher: publisher('query') as never,
        unhandledExceptionPublisher: publisher('exception') as never,
      });
      const [command, query, event] = [new Note('told'), new NameOf('ann'), new Renamed('bad')];
      await started.commands.execute(command);
      await started.queries.execute(query);
      await started.events.publish(event);
      await started.settled();
      await started.close();
      const exception = { cause: event, exception: new UnspeakableError('bad') };
      expect(heard).toEqual({ command: [command], query: [query], exception: [exception] });
    });
  });
});
