import { beforeEach, describe, expect, it } from '@jest/globals';
import { Inject, Injectable, type OnModuleInit, Scope } from '@nestjs/common';
import { REQUEST } from '@nestjs/core';
import {
  AggregateRoot,
  AsyncContext,
  Command,
  CommandHandler,
  EventBus,
  EventsHandler,
  type ICommand,
  type IEvent,
  ofType,
  Saga,
} from '@nestjs/cqrs';
import { readFileSync } from 'node:fs';
import { bufferCount, config, map, type Observable } from 'rxjs';
import {
  EventFeed,
  messagingMigrations,
  TransactionRolledBackError,
  UnitOfWork,
} from '../../../src/messaging/index.js';
import { createTestDatabase } from '../../support/database.js';
import { startMessagingApp } from '../../support/messaging-app.js';
import { eventually } from '../../support/eventually.js';
import { type Start, startDurable, startDurableOn, type Started, startPlain } from './variants.js';

// Where durability changes on purpose what @nestjs/cqrs does. The README's table has a line for each, by its name here.

class Happened {
  constructor(
    readonly what: unknown,
    readonly at?: Date,
  ) {}
}

class HappenedAgain extends Happened {}

class Other {
  constructor(readonly what: string) {}
}

class Thing extends AggregateRoot {
  readonly id = 'thing';
}

class Do<T = void> extends Command<T> {
  constructor(readonly work: () => T | Promise<T>) {
    super();
  }
}

@CommandHandler(Do)
class DoHandler {
  async execute({ work }: Do<unknown>): Promise<unknown> {
    return work();
  }
}

class Note extends Command<void> {
  constructor(readonly text: string) {
    super();
  }
}

@CommandHandler(Note)
class NoteHandler {
  async execute({ text }: Note): Promise<void> {
    told.push(`noted ${text}`);
  }
}

@CommandHandler(Note)
class OtherNoteHandler {
  async execute({ text }: Note): Promise<void> {
    told.push(`noted otherwise ${text}`);
  }
}

const told: string[] = [];
const handed: unknown[] = [];
/** What the handler does with an event, besides taking it down. */
let reaction: (event: Happened) => unknown = () => undefined;

@EventsHandler(Happened)
class Handler {
  async handle(event: Happened): Promise<void> {
    handed.push(event);
    told.push(`begun ${String(event.what)}`);
    await reaction(event);
    told.push(`done ${String(event.what)}`);
  }
}

@Injectable({ scope: Scope.REQUEST })
@EventsHandler(Happened)
class ScopedHandler {
  constructor(@Inject(REQUEST) readonly request: AsyncContext) {}

  handle(): void {
    handed.push(this.request);
  }
}

class MyRequest extends AsyncContext {}

@Injectable()
class Early implements OnModuleInit {
  constructor(private readonly events: EventBus) {}

  async onModuleInit(): Promise<void> {
    await this.events.publish(new Happened('early'));
  }
}

class PairSaga {
  @Saga()
  pair = (events: Observable<IEvent>): Observable<ICommand> =>
    events.pipe(
      ofType(Happened),
      bufferCount(2),
      map(() => new Note('a pair')),
    );
}

class FragileSaga {
  @Saga()
  react = (events: Observable<IEvent>): Observable<ICommand> =>
    events.pipe(
      ofType(Happened),
      map(({ what }) => {
        if (what === 'bad') throw new Error('no');
        return new Note(String(what));
      }),
    );
}

/** Only a saga consumes it, and it has no name. */
class OnlyForSagas {}

class SagaOnly {
  @Saga()
  react = (events: Observable<IEvent>): Observable<ICommand> =>
    events.pipe(
      ofType(OnlyForSagas),
      map(() => new Note('for a saga')),
    );
}

beforeEach(() => {
  told.length = 0;
  handed.length = 0;
  reaction = () => undefined;
});

interface Difference {
  /** What a test looks at, in either application; what it throws is what it sees. */
  readonly probe: (start: Start) => Promise<unknown>;
  readonly plain: unknown;
  readonly here: unknown;
}

const withApp =
  (providers: Parameters<Start>[0], look: (started: Started) => Promise<unknown>, options?: Parameters<Start>[1]) =>
  async (start: Start) => {
    const started = await start([DoHandler, ...providers], options);
    try {
      return await look(started);
    } finally {
      await started.close();
    }
  };
const nameOf = (error: unknown) => (error as Error).constructor.name;
const tell = async (started: Started, ...events: object[]) => {
  await started.events.publishAll(events);
  await started.settled();
};

const DIFFERENCES: Record<string, Difference> = {
  'A handler begins': {
    probe: withApp([Handler], async ({ commands, events }) => {
      const publish = () => {
        void events.publish(new Happened('x'));
        return [...told];
      };
      return commands.execute(new Do(publish));
    }),
    plain: ['begun x'],
    here: [],
  },
  'Events of a command that fails': {
    probe: withApp([Handler], async ({ commands, events, settled }) => {
      const fail = () => {
        void events.publish(new Happened('x'));
        throw new Error('no');
      };
      await commands.execute(new Do(fail)).catch(() => undefined);
      await settled();
      return told;
    }),
    plain: ['begun x', 'done x'],
    here: [],
  },
  'The event that a handler is given': {
    probe: withApp([Handler], async (started) => {
      const event = new Happened('x', new Date(0));
      await tell(started, event);
      const [given] = handed as Happened[];
      return { same: given === event, ofItsClass: given instanceof Happened, at: given?.at };
    }),
    plain: { same: true, ofItsClass: true, at: new Date(0) },
    here: { same: false, ofItsClass: true, at: '1970-01-01T00:00:00.000Z' },
  },
  'What an event may hold': {
    probe: withApp([Handler], async (started) => {
      await tell(started, new Happened(1n));
      return told;
    }),
    plain: ['begun 1', 'done 1'],
    here: TypeError,
  },
  'A handler that fails': {
    probe: withApp([Handler], async (started) => {
      let failures = 0;
      reaction = () => {
        if (++failures < 3) throw new Error('not yet');
      };
      await tell(started, new Happened('x'));
      await started.later();
      await started.later();
      return told;
    }),
    plain: ['begun x'],
    here: ['begun x', 'begun x', 'begun x', 'done x'],
  },
  'The bus of unhandled exceptions tells': {
    probe: withApp([Handler], async (started) => {
      let unhandled = 0;
      started.exceptions.subscribe(() => unhandled++);
      reaction = () => {
        if (unhandled < 2) throw new Error('not yet');
      };
      await tell(started, new Happened('x'));
      await started.later();
      await started.later();
      return unhandled;
    }),
    plain: 1,
    here: 2,
  },
  'Two events of one aggregate': {
    probe: withApp([Handler], async ({ commands, publisher, settled }) => {
      reaction = () => new Promise((resolve) => setImmediate(resolve));
      const twice = () => {
        const thing = publisher.mergeObjectContext(new Thing());
        thing.apply(new Happened(1));
        thing.apply(new Happened(2));
        thing.commit();
      };
      await commands.execute(new Do(twice));
      await settled();
      return told;
    }),
    plain: ['begun 1', 'begun 2', 'done 1', 'done 2'],
    here: ['begun 1', 'done 1', 'begun 2', 'done 2'],
  },
  'A handler of a base class': {
    probe: withApp([Handler], async (started) => {
      await tell(started, new HappenedAgain('x'));
      return told;
    }),
    plain: ['begun x', 'done x'],
    here: [],
  },
  'The request of a request-scoped event handler': {
    probe: withApp([ScopedHandler], async ({ events, settled }) => {
      const request = new MyRequest();
      const event = new Happened('x');
      request.attachTo(event);
      await events.publish(event, request);
      await settled();
      return [handed[0] === request, handed[0] instanceof AsyncContext];
    }),
    // Nest knows the request only where a command of it was executed before.
    plain: [false, false],
    here: [false, true],
  },
  'Two handlers for one command': {
    probe: withApp([NoteHandler, OtherNoteHandler], async ({ commands }) => {
      await commands.execute(new Note('x'));
      return told;
    }),
    plain: ['noted otherwise x'],
    here: 'MessagingUsageError',
  },
  'A command that was refused inside another': {
    probe: withApp([], async ({ commands }) => {
      const fail = () => Promise.reject(new Error('no'));
      return commands.execute(new Do(() => commands.execute(new Do(fail)).catch(() => 'went on')));
    }),
    plain: 'went on',
    here: TransactionRolledBackError,
  },
  'A command handler that meets a conflict': {
    probe: withApp([], async ({ commands }) => {
      let runs = 0;
      const conflict = () => {
        if (++runs === 1) throw Object.assign(new Error('deadlock'), { code: '40P01' });
        return runs;
      };
      return commands.execute(new Do(conflict));
    }),
    plain: Error,
    here: 2,
  },
  'A command without a handler': {
    probe: withApp([], async ({ commands }) => {
      let thrownAtOnce = true;
      await Promise.resolve()
        .then(() => {
          const sent = commands.execute(new Note('x'));
          thrownAtOnce = false;
          return sent;
        })
        .catch(() => undefined);
      return thrownAtOnce;
    }),
    plain: true,
    here: false,
  },
  'What publish() returns': {
    probe: withApp([], async ({ events }) => (events.publish(new Happened('x')) as unknown) instanceof Promise),
    plain: false,
    here: true,
  },
  'commit() of an aggregate outside a command handler': {
    probe: withApp([Handler], async ({ publisher, settled }) => {
      const thing = publisher.mergeObjectContext(new Thing());
      thing.apply(new Happened('x'));
      thing.commit();
      await settled();
      return told;
    }),
    plain: ['begun x', 'done x'],
    here: 'MessagingUsageError',
  },
  'Subscribers of the event bus': {
    probe: withApp([], async ({ commands, events }) => {
      const seen: unknown[] = [];
      events.subscribe((event) => seen.push(event));
      const duringTheCommand = () => {
        void events.publish(new Happened('x'));
        return seen.length;
      };
      return [await commands.execute(new Do(duringTheCommand)), seen.length];
    }),
    plain: [1, 1],
    here: [0, 1],
  },
  'Publishing before the application has started': {
    probe: withApp([Handler, Early], async ({ settled }) => {
      await settled();
      return told;
    }),
    plain: [],
    here: ['begun early', 'done early'],
  },
  'Publishing after the application has shut down': {
    probe: async (start) => {
      const started = await start([Handler]);
      await started.close();
      await started.events.publish(new Happened('late'));
      return told;
    },
    plain: [],
    here: 'MessagingUsageError',
  },
  'A saga that waits for a second event': {
    probe: withApp([PairSaga, NoteHandler], async (started) => {
      const unhandled: string[] = [];
      started.exceptions.subscribe(({ exception }) => unhandled.push(nameOf(exception)));
      await tell(started, new Happened(1), new Happened(2));
      return [told, [...new Set(unhandled)]];
    }),
    plain: [['noted a pair'], []],
    here: [[], ['MessagingUsageError']],
  },
  'A saga that failed': {
    probe: withApp([FragileSaga, NoteHandler], async (started) => {
      await tell(started, new Happened('bad'));
      await tell(started, new Happened('good'));
      return told;
    }),
    plain: [],
    here: ['noted good'],
  },
  'An event that only a saga consumes': {
    probe: async (start) => {
      const database = await createTestDatabase();
      const startOn = start === startPlain ? startPlain : startDurableOn(database);
      try {
        // Known to the saga's process, published by another one, and met by a third, which has published none so far.
        await withApp([SagaOnly, NoteHandler], async () => undefined)(startOn);
        await withApp([], ({ events }) => Promise.resolve(events.publish(new OnlyForSagas())))(startOn);
        return await withApp([SagaOnly, NoteHandler], async (started) => {
          await started.settled();
          const before = told.length;
          await tell(started, new OnlyForSagas());
          await started.later();
          return [before, told.length];
        })(startOn);
      } finally {
        await database.drop();
      }
    },
    plain: [0, 1],
    here: [0, 2],
  },
  'The option eventPublisher': {
    probe: async (start) => {
      const heard: unknown[] = [];
      const look = async (started: Started) => {
        await tell(started, new Happened('x'));
        return [heard.length, told];
      };
      return withApp([Handler], look, { eventPublisher: { publish: (event) => heard.push(event) } })(start);
    },
    plain: [1, []],
    here: [1, ['begun x', 'done x']],
  },
  'The option eventIdProvider': {
    probe: withApp(
      [Handler],
      async (started) => {
        await tell(started, new Other('another class'));
        return told;
      },
      { eventIdProvider: { getEventId: () => 'the same for all' } },
    ),
    plain: ['begun another class', 'done another class'],
    here: [],
  },
  'The option rethrowUnhandled': {
    probe: async (start) => {
      const rethrown: unknown[] = [];
      config.onUnhandledError = (error: unknown) => rethrown.push(error);
      const look = async (started: Started) => {
        reaction = () => {
          reaction = () => undefined;
          throw new Error('no');
        };
        await tell(started, new Happened('x'));
        await started.later();
        // rxjs rethrows in a timer of its own.
        await new Promise((resolve) => setTimeout(resolve));
        return [rethrown.length, told.at(-1)];
      };
      try {
        return await withApp([Handler], look, { rethrowUnhandled: true })(start);
      } finally {
        config.onUnhandledError = null;
      }
    },
    plain: [1, 'begun x'],
    here: [0, 'done x'],
  },
  'An event that nobody handles': {
    probe: withApp([], async (started) => {
      await tell(started, new Other('x'));
      return typesInLog(started);
    }),
    plain: [],
    here: ['Other'],
  },
};

async function typesInLog({ app }: Started): Promise<string[]> {
  let feed: EventFeed;
  try {
    feed = app.get(EventFeed, { strict: false });
  } catch {
    return [];
  }
  const { events } = await feed.read({ offset: 0, limit: 10 });
  return events.map(({ type }) => type);
}

async function seenBy(probe: Difference['probe'], start: Start): Promise<unknown> {
  return probe(start).catch((error: Error) => error);
}

function expectSeen(seen: unknown, expected: unknown): void {
  if (typeof expected === 'function') expect(seen).toBeInstanceOf(expected);
  else if (seen instanceof Error) expect(nameOf(seen)).toBe(expected);
  else expect(seen).toEqual(expected);
}

describe.each(Object.entries(DIFFERENCES))('%s', (_, { probe, plain, here }) => {
  it('is one thing in plain @nestjs/cqrs', async () => {
    expectSeen(await seenBy(probe, startPlain), plain);
  });

  it('is another on the messaging core', async () => {
    expectSeen(await seenBy(probe, startDurable), here);
  });
});

describe("the messaging core's README", () => {
  it('has a line for each difference, and no other', () => {
    const readme = readFileSync('src/messaging/README.md', 'utf8');
    const table = /^## What differs .*?$(.*?)^## /ms.exec(readme)?.[1] ?? '';
    const lines = [...table.matchAll(/^\| ([^|]+?) +\|/gm)].map(([, first]) => first!.replaceAll('`', ''));
    expect(lines.filter((line) => !/^(In general|-+)$/.test(line)).sort()).toEqual(Object.keys(DIFFERENCES).sort());
  });
});

describe('two application contexts in one process', () => {
  it('have buses, units of work and logs of their own, plain or durable, on two schemas of one database', async () => {
    const first = await startMessagingApp({ providers: [DoHandler, Handler] });
    const runner = first.dataSource.createQueryRunner();
    await new (messagingMigrations('lending')[0]!)().up(runner);
    await runner.release();
    const second = await startMessagingApp({
      providers: [DoHandler, Handler],
      database: first.database,
      schema: 'lending',
    });
    const plain = await startPlain([DoHandler, Handler]);
    const apps = { first, second, plain };
    await Promise.all(
      Object.entries(apps).map(([name, { commands, events }]) =>
        commands.execute(new Do(() => void events.publish(new Happened(`in ${name}`)))),
      ),
    );
    await Promise.all([first.kit.settled(), second.kit.settled(), plain.settled()]);
    const all = Object.keys(apps).flatMap((name) => [`begun in ${name}`, `done in ${name}`]);
    await eventually(() => told.length === all.length);
    expect([...told].sort()).toEqual(all.sort());
    const logged = async (schema: string) => first.query(`select payload->>'what' as what from ${schema}.event_log`);
    expect(await logged('messaging')).toEqual([{ what: 'in first' }]);
    expect(await logged('lending')).toEqual([{ what: 'in second' }]);
    const crossed = first.unitOfWork.run(async () => second.app.get(UnitOfWork).active);
    expect(await crossed).toBe(false);
    await Promise.all([plain.close(), second.close()]);
    await first.close();
  });
});
