import { afterAll, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Inject, Injectable, Logger, Module, type OnModuleInit, Scope } from '@nestjs/common';
import {
  AggregateRoot,
  Command,
  CommandBus,
  CommandHandler,
  CqrsModule,
  EventBus,
  EventPublisher,
  EventsHandler,
  type ICommand,
  type IEvent,
  ofType,
  Saga,
  WithAggregateRoot,
} from '@nestjs/cqrs';
import { map, type Observable } from 'rxjs';
import {
  AfterCommit,
  BeforeCommit,
  Consumer,
  Message,
  MessagingUsageError,
  Queued,
  UnitOfWork,
} from '../../../src/messaging/index.js';
import { eventually } from '../../support/eventually.js';
import { type MessagingApp, startMessagingApp } from '../../support/messaging-app.js';

@Message('account.opened')
class Opened {
  constructor(readonly account: string) {}
}

class Account extends AggregateRoot {
  constructor(readonly id: string) {
    super();
  }

  open(): void {
    this.apply(new Opened(this.id));
  }
}

class Contract extends AggregateRoot {
  readonly streamType = 'contract';
  readonly streamId = 'c-1';
}

class Mixed extends WithAggregateRoot(class {}) {}

class Open extends Command<string> {
  constructor(
    readonly account: string,
    readonly way: (account: Account, publisher: EventPublisher) => unknown,
  ) {
    super();
  }
}

@CommandHandler(Open)
class OpenHandler {
  constructor(@Inject(EventPublisher) private readonly publisher: EventPublisher) {}

  async execute({ account, way }: Open): Promise<string> {
    await way(new Account(account), this.publisher);
    return account;
  }
}

@Message('account.greet')
@Queued({ effect: 'database' })
class Greet extends Command<void> {
  constructor(readonly account: string) {
    super();
  }
}

@Message('account.call')
@Queued({ effect: 'outside' })
class Call extends Command<boolean> {}

@CommandHandler(Call)
class CallHandler {
  constructor(@Inject(UnitOfWork) private readonly unitOfWork: UnitOfWork) {}

  async execute(): Promise<boolean> {
    return this.unitOfWork.active;
  }
}

/** Who was told of which account. */
const told: string[] = [];
let refuse = (_event: Opened): void => undefined;

@EventsHandler(Opened)
@Consumer('test.durable')
class DurableHandler {
  async handle({ account }: Opened): Promise<void> {
    told.push(`durable ${account}`);
  }
}

@EventsHandler(Opened)
@BeforeCommit()
class BeforeHandler {
  async handle(event: Opened): Promise<void> {
    refuse(event);
    told.push(`before commit ${event.account}`);
  }
}

@EventsHandler(Opened)
@AfterCommit()
class AfterHandler {
  async handle({ account }: Opened): Promise<void> {
    told.push(`after commit ${account}`);
  }
}

@CommandHandler(Greet)
class GreetHandler {
  async execute({ account }: Greet): Promise<void> {
    told.push(`greeted ${account}`);
  }
}

class GreetingSaga {
  @Saga()
  greet = (events: Observable<IEvent>): Observable<ICommand> =>
    events.pipe(
      ofType(Opened),
      map(({ account }) => new Greet(account)),
    );
}

let instances = 0;

@Injectable({ scope: Scope.REQUEST })
@EventsHandler(Opened)
@Consumer('test.request-scoped')
class RequestScopedHandler {
  readonly instance = ++instances;

  async handle({ account }: Opened): Promise<void> {
    told.push(`instance ${this.instance} ${account}`);
  }
}

@Injectable()
class Early implements OnModuleInit {
  constructor(@Inject(EventBus) private readonly events: EventBus) {}

  async onModuleInit(): Promise<void> {
    await this.events.publish(new Opened('early'));
  }
}

const everyKind = [DurableHandler, BeforeHandler, AfterHandler, GreetingSaga, GreetHandler];
const everyWay = (account: string) =>
  ['after commit', 'before commit', 'durable', 'greeted'].map((who) => `${who} ${account}`);

/** What was told of one account. */
const toldOf = (account: string) => told.filter((line) => line.endsWith(` ${account}`)).sort();

describe('the buses', () => {
  let app: MessagingApp;

  beforeAll(async () => {
    app = await startMessagingApp({ imports: [CqrsModule], providers: [...everyKind, OpenHandler, CallHandler] });
  });
  afterAll(() => app.close());
  beforeEach(async () => {
    await app.kit.settled();
    told.length = 0;
    refuse = () => undefined;
  });

  const streamOf = async (account: string) => {
    await app.kit.settled();
    return app.query(
      `select stream_type as type, stream_id as id from messaging.event_log where payload->>'account' = $1`,
      [account],
    );
  };

  describe('publishing an event', () => {
    it('inside a unit of work joins it', async () => {
      const work = async () => {
        await app.events.publish(new Opened('rolled-back'));
        throw new Error('no');
      };
      await expect(app.unitOfWork.run(work)).rejects.toThrow('no');
      await app.unitOfWork.run(async () => {
        await app.events.publishAll([new Opened('committed'), new Opened('with it')]);
        expect(told).toEqual([]);
      });
      await app.kit.settled();
      expect(told.sort()).toEqual([...everyWay('committed'), ...everyWay('with it')].sort());
    });

    it('outside a unit of work opens one, which is committed when the promise resolves', async () => {
      await app.events.publish(new Opened('alone'));
      expect(toldOf('alone')).toEqual(['after commit alone', 'before commit alone']);
      await app.kit.settled();
      expect(toldOf('alone')).toEqual(everyWay('alone'));
    });

    it('outside a unit of work rejects where a before-commit handler refuses', async () => {
      refuse = () => {
        throw new Error('refused');
      };
      await expect(app.events.publish(new Opened('refused'))).rejects.toThrow('refused');
      await app.kit.settled();
      expect(told).toEqual([]);
    });

    it('outside a unit of work is told in the log where it fails, for nobody may be waiting', async () => {
      const error = jest.spyOn(Logger.prototype, 'error');
      refuse = () => {
        throw new Error('refused');
      };
      void app.events.publish(new Opened('refused'));
      await eventually(() => error.mock.calls.some(([line]) => line === "can't publish Opened: Error: refused"));
      error.mockRestore();
    });

    it('shows it to subscribers of the bus after the commit only', async () => {
      const seen: unknown[] = [];
      const subscription = app.events.subscribe((event) => seen.push(event));
      const event = new Opened('watched');
      const refused = async () => {
        await app.events.publish(new Opened('rolled-back'));
        throw new Error('no');
      };
      await expect(app.unitOfWork.run(refused)).rejects.toThrow('no');
      await app.unitOfWork.run(async () => {
        await app.events.publish(event);
        expect(seen).toEqual([]);
      });
      expect(seen).toEqual([event]);
      subscription.unsubscribe();
    });
  });

  describe('an aggregate that was merged with the publisher', () => {
    it('records its events under its class and id when it commits in a handler', async () => {
      const open = (account: Account, publisher: EventPublisher) => {
        publisher.mergeObjectContext(account).open();
        account.commit();
        expect(account.getUncommittedEvents()).toEqual([]);
      };
      expect(await app.commands.execute(new Open('merged', open))).toBe('merged');
      expect(await streamOf('merged')).toEqual([{ type: 'Account', id: 'merged' }]);
      expect(toldOf('merged')).toEqual(everyWay('merged'));
    });

    it('records them in the same way where its class was merged', async () => {
      const open = (_: Account, publisher: EventPublisher) => {
        const Merged = publisher.mergeClassContext(Account);
        const account = new Merged('class-merged');
        account.open();
        account.commit();
      };
      await app.commands.execute(new Open('class-merged', open));
      expect(await streamOf('class-merged')).toEqual([{ type: 'Account', id: 'class-merged' }]);
    });

    it('records them at once where it commits by itself', async () => {
      const open = (account: Account, publisher: EventPublisher) => {
        publisher.mergeObjectContext(account).autoCommit = true;
        account.open();
      };
      await app.commands.execute(new Open('automatic', open));
      expect(await streamOf('automatic')).toEqual([{ type: 'Account', id: 'automatic' }]);
    });

    it('says by itself which stream it is', async () => {
      await app.unitOfWork.run(async () => {
        const contract = app.app.get(EventPublisher, { strict: false }).mergeObjectContext(new Contract());
        contract.apply(new Opened('by contract'));
        contract.commit();
      });
      expect(await streamOf('by contract')).toEqual([{ type: 'contract', id: 'c-1' }]);
    });

    it('records nothing of a command that failed', async () => {
      const open = (account: Account, publisher: EventPublisher) => {
        publisher.mergeObjectContext(account).open();
        account.commit();
        throw new Error('no');
      };
      await expect(app.commands.execute(new Open('failed', open))).rejects.toThrow('no');
      expect(await streamOf('failed')).toEqual([]);
    });

    it.each([
      ['an aggregate', () => new Account('outside')],
      ['a class with the mixin', () => new Mixed()],
    ])('throws at once where %s commits outside a unit of work', async (_, make) => {
      const aggregate = app.app.get(EventPublisher, { strict: false }).mergeObjectContext(make());
      aggregate.apply(new Opened('outside'));
      expect(() => aggregate.commit()).toThrow(MessagingUsageError);
      expect(await streamOf('outside')).toEqual([]);
    });
  });

  describe('a command with effects outside the database', () => {
    it('runs outside a unit of work', async () => {
      expect(await app.commands.execute(new Call())).toBe(false);
    });

    it('is refused inside one', async () => {
      const work = () => app.commands.execute(new Call());
      await expect(app.unitOfWork.run(work)).rejects.toThrow(/Call has effects outside the database/);
    });
  });

  it('reject a command that nobody handles', async () => {
    class Unheard extends Command<void> {}
    await expect(app.commands.execute(new Unheard())).rejects.toThrow(/Unheard/);
  });
});

@Injectable()
class FeatureBuses {
  constructor(
    @Inject(EventBus) readonly events: EventBus,
    @Inject(CommandBus) readonly commands: CommandBus,
  ) {}
}

@Module({ imports: [CqrsModule], providers: [...everyKind, OpenHandler, FeatureBuses] })
class FeatureModule {}

@Injectable()
class RootBuses extends FeatureBuses {}

describe('an application that imports CqrsModule in several ways', () => {
  let app: MessagingApp;

  beforeAll(async () => {
    told.length = 0;
    // The handlers belong to two modules, as when a module of handlers is copied into a test.
    const imports = [CqrsModule.forRoot(), FeatureModule];
    app = await startMessagingApp({ imports, providers: [RootBuses, DurableHandler, AfterHandler] });
  });
  afterAll(() => app.close());

  it.each([
    ['the feature', () => app.app.get(FeatureBuses, { strict: false })],
    ['the root', () => app.app.get(RootBuses)],
  ])('runs no handler twice for what the buses of %s are given', async (name, buses) => {
    const { events, commands } = buses();
    await events.publish(new Opened(`published by ${name}`));
    const open = () => events.publish(new Opened(`commanded by ${name}`));
    await commands.execute(new Open('any', open));
    await app.kit.settled();
    for (const way of ['published', 'commanded']) {
      expect(toldOf(`${way} by ${name}`)).toEqual(everyWay(`${way} by ${name}`));
    }
  });

  it('has more than one bus of each kind', () => {
    const [feature, root] = [app.app.get(FeatureBuses, { strict: false }), app.app.get(RootBuses)];
    expect(feature.events).not.toBe(root.events);
    expect(feature.commands).not.toBe(root.commands);
  });

  it('shows an event to the subscribers of every bus', async () => {
    const seen: string[] = [];
    const buses = { feature: app.app.get(FeatureBuses, { strict: false }), root: app.app.get(RootBuses) };
    for (const [name, { events }] of Object.entries(buses)) events.subscribe(() => seen.push(name));
    await buses.feature.events.publish(new Opened('shown'));
    expect(seen.sort()).toEqual(['feature', 'root']);
  });
});

describe('an event handler that is request-scoped', () => {
  it('gets an instance of its own for each event', async () => {
    const app = await startMessagingApp({ providers: [RequestScopedHandler] });
    told.length = 0;
    await app.events.publish(new Opened('A'));
    await app.kit.settled();
    await app.events.publish(new Opened('B'));
    await app.kit.settled();
    await app.close();
    expect(told).toEqual(['instance 1 A', 'instance 2 B']);
  });
});

describe('an application', () => {
  it('stores what is published while it starts, and delivers it when it has started', async () => {
    told.length = 0;
    const app = await startMessagingApp({ imports: [CqrsModule], providers: [Early, ...everyKind] });
    await app.kit.settled();
    await app.close();
    expect(toldOf('early')).toEqual(everyWay('early'));
  });

  it('takes no event any more once it has shut down', async () => {
    const app = await startMessagingApp({ providers: [] });
    await app.close();
    expect(() => app.events.publish(new Opened('late'))).toThrow(/shutting down/);
  });
});
