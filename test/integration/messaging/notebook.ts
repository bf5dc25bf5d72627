import { Command, CommandHandler, EventsHandler, type ICommand } from '@nestjs/cqrs';
import {
  AfterCommit,
  BeforeCommit,
  Message,
  type MessagingOptions,
  Queued,
  type UnitOfWork,
  type UnitOfWorkOptions,
} from '../../../src/messaging/index.js';
import { type MessagingApp, startMessagingApp } from '../../support/messaging-app.js';

@Message('note.noted', { stream: ({ id }: Noted) => ['note', String(id)] })
export class Noted {
  constructor(readonly id: number) {}
}

@Message('note.remind')
@Queued({ effect: 'database' })
export class Remind extends Command<void> {
  constructor(readonly id: number) {
    super();
  }
}

/** What the local handlers do about an event; a test puts in what it needs. */
export const local: { beforeCommit(event: Noted): unknown; afterCommit(event: Noted): unknown } = {
  beforeCommit: () => undefined,
  afterCommit: () => undefined,
};
export const reminded: number[] = [];

@EventsHandler(Noted)
@BeforeCommit()
class BeforeNoted {
  async handle(event: Noted): Promise<void> {
    await local.beforeCommit(event);
  }
}

@EventsHandler(Noted)
@AfterCommit()
class AfterNoted {
  async handle(event: Noted): Promise<void> {
    await local.afterCommit(event);
  }
}

@CommandHandler(Remind)
class RemindHandler {
  async execute({ id }: Remind): Promise<void> {
    reminded.push(id);
  }
}

/** An application that stores notes: each is a row and an event. */
export class Notebook {
  static async open(options: MessagingOptions & { database?: MessagingApp['database'] } = {}): Promise<Notebook> {
    const app = await startMessagingApp({ ...options, providers: [BeforeNoted, AfterNoted, RemindHandler] });
    await app.query('create table if not exists note (id int primary key, version int not null default 1)');
    return new Notebook(app);
  }

  #publishedBefore = 0;

  private constructor(readonly app: MessagingApp) {}

  get unitOfWork(): UnitOfWork {
    return this.app.unitOfWork;
  }

  run<T>(fn: () => Promise<T>, options?: UnitOfWorkOptions): Promise<T> {
    return this.unitOfWork.run(fn, options);
  }

  /** Stores a note and records its event; belongs into a unit of work. */
  async note(id: number): Promise<void> {
    await this.app.query('insert into note (id) values ($1)', [id]);
    this.unitOfWork.record(undefined, [new Noted(id)]);
  }

  send(command: ICommand): Promise<void> {
    return this.app.queue.send(command);
  }

  /** A statement that PostgreSQL refuses, and an application that looks the other way. */
  async swallowFailedStatement(): Promise<void> {
    await this.app.query('select 1 / 0').catch(() => undefined);
  }

  async stored(): Promise<number[]> {
    const rows = await this.app.query<{ id: number }>('select id from note order by id');
    return rows.map(({ id }) => id);
  }

  /** The notes whose events have got into the log since the last `clear`. */
  async published(): Promise<number[]> {
    const events = await this.app.kit.published(Noted);
    return events.slice(this.#publishedBefore).map(({ id }) => id);
  }

  async clear(): Promise<void> {
    this.#publishedBefore = (await this.app.kit.published(Noted)).length;
    await this.app.query('truncate note');
    Object.assign(local, { beforeCommit: () => undefined, afterCommit: () => undefined });
    reminded.length = 0;
  }

  close(): Promise<void> {
    return this.app.close();
  }
}

/** A promise and the function that fulfils it: lets a test hold something up until it has looked. */
export function gate(): { open: () => void; opened: Promise<void> } {
  let open!: () => void;
  const opened = new Promise<void>((resolve) => (open = resolve));
  return { open, opened };
}

/** Resolves for everybody once so many have arrived. */
export function meetingOf(number: number): () => Promise<void> {
  const { open, opened } = gate();
  let arrived = 0;
  return () => {
    if (++arrived === number) open();
    return opened;
  };
}
