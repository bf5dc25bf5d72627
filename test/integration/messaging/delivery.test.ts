import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Command, CommandHandler, EventsHandler, type ICommand, type IEvent, ofType, Saga } from '@nestjs/cqrs';
import { map, type Observable } from 'rxjs';
import {
  AfterCommit,
  BeforeCommit,
  Consumer,
  Message,
  type MessageContext,
  Queued,
  UnitOfWork,
} from '../../../src/messaging/index.js';
import { type MessagingApp, startMessagingApp } from '../../support/messaging-app.js';

@Message('counter.counted', { stream: (event: Counted) => ['counter', event.counter] })
class Counted {
  constructor(
    readonly counter: string,
    readonly number: number,
  ) {}
}

class Count extends Command<number> {
  constructor(
    readonly counter: string,
    readonly number: number,
  ) {
    super();
  }
}

@CommandHandler(Count)
class CountHandler {
  constructor(private readonly unitOfWork: UnitOfWork) {}

  async execute({ counter, number }: Count): Promise<number> {
    this.unitOfWork.record(undefined, [new Counted(counter, number)]);
    return number;
  }
}

const seen: { before: number[]; after: number[]; durable: number[]; followUps: number[] } = {
  before: [],
  after: [],
  durable: [],
  followUps: [],
};
let fail = (_event: Counted, _context: MessageContext): void => undefined;

@EventsHandler(Counted)
@Consumer('test.durable')
class DurableHandler {
  async handle(event: Counted, context: MessageContext): Promise<void> {
    fail(event, context);
    seen.durable.push(event.number);
  }
}

@EventsHandler(Counted)
@BeforeCommit()
class BeforeHandler {
  async handle(event: Counted): Promise<void> {
    if (event.number < 0) throw new Error('no negative numbers');
    seen.before.push(event.number);
  }
}

@EventsHandler(Counted)
@AfterCommit()
class AfterHandler {
  async handle(event: Counted): Promise<void> {
    seen.after.push(event.number);
  }
}

@Message('test.follow-up')
@Queued({ effect: 'database' })
class FollowUp extends Command<void> {
  constructor(readonly number: number) {
    super();
  }
}

@CommandHandler(FollowUp)
class FollowUpHandler {
  async execute({ number }: FollowUp): Promise<void> {
    seen.followUps.push(number);
  }
}

class CountingSaga {
  @Saga()
  followUp = (events: Observable<IEvent>): Observable<ICommand> =>
    events.pipe(
      ofType(Counted),
      map((event) => new FollowUp(event.number)),
    );
}

describe('an application on the messaging core', () => {
  let app: MessagingApp;

  beforeAll(async () => {
    app = await startMessagingApp({
      providers: [CountHandler, DurableHandler, BeforeHandler, AfterHandler, FollowUpHandler, CountingSaga],
    });
  });
  afterAll(() => app.close());
  beforeEach(() => {
    for (const list of Object.values(seen)) list.length = 0;
    fail = () => undefined;
  });

  it('delivers what was committed to every kind of handler, once and in order', async () => {
    for (const number of [1, 2, 3]) expect(await app.commands.execute(new Count('a', number))).toBe(number);
    await app.kit.settled();
    expect(seen).toEqual({ before: [1, 2, 3], after: [1, 2, 3], durable: [1, 2, 3], followUps: [1, 2, 3] });
  });

  it('stores and delivers nothing of a command that a before-commit handler refused', async () => {
    await expect(app.commands.execute(new Count('a', -1))).rejects.toThrow('no negative numbers');
    await app.kit.settled();
    expect(seen).toEqual({ before: [], after: [], durable: [], followUps: [] });
  });

  it('tries a failing event at 0, 1 and 3 seconds and keeps later ones of its stream behind it', async () => {
    const attempts: number[] = [];
    fail = (event, context) => {
      if (event.number !== 1 || event.counter !== 'broken') return;
      attempts.push(context.attempt);
      if (context.attempt < 3) throw new Error('not yet');
    };
    await app.commands.execute(new Count('broken', 1));
    await app.commands.execute(new Count('broken', 2));
    await app.commands.execute(new Count('other', 7));
    await app.kit.settled();
    expect(seen.durable).toEqual([7]);
    app.clock.advance('1.2s');
    await app.kit.settled();
    expect(attempts).toEqual([1, 2]);
    app.clock.advance('2.3s');
    await app.kit.settled();
    expect(attempts).toEqual([1, 2, 3]);
    expect(seen.durable).toEqual([7, 1, 2]);
  });

  it('numbers the log without gaps', async () => {
    const rows = await app.query<{ position: string }>('select position from messaging.event_log order by position');
    expect(rows.map((row) => Number(row.position))).toEqual(rows.map((_, i) => i + 1));
  });
});
