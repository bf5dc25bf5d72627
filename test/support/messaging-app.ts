import { type INestApplicationContext, Logger, type ModuleMetadata } from '@nestjs/common';
import { CommandBus, EventBus } from '@nestjs/cqrs';
import { Test } from '@nestjs/testing';
import { TypeOrmModule } from '@nestjs/typeorm';
import { DataSource, type EntitySchema } from 'typeorm';
import { connectionOptions } from '../../src/database/connection-options.js';
import {
  MessagingClock,
  MessagingModule,
  type MessagingOptions,
  QueuedCommands,
  UnitOfWork,
} from '../../src/messaging/index.js';
import { MessagingTestKit, TestClock } from '../../src/messaging/testing.js';
import { createTestDatabase, type TestDatabase } from './database.js';

export interface MessagingApp {
  readonly app: INestApplicationContext;
  readonly database: TestDatabase;
  readonly dataSource: DataSource;
  readonly unitOfWork: UnitOfWork;
  readonly queue: QueuedCommands;
  readonly commands: CommandBus;
  readonly events: EventBus;
  readonly kit: MessagingTestKit;
  readonly clock: TestClock;
  query<R = Record<string, unknown>>(sql: string, parameters?: unknown[]): Promise<R[]>;
  close(): Promise<void>;
}

export interface MessagingAppOptions extends MessagingOptions {
  readonly providers: ModuleMetadata['providers'];
  readonly imports?: ModuleMetadata['imports'];
  readonly entities?: EntitySchema[];
  /** Another application's database, to run several instances on one. */
  readonly database?: TestDatabase;
}

/** A Nest application with nothing but the core and some handlers, on a database of its own. */
export async function startMessagingApp({
  providers,
  imports = [],
  entities = [],
  database,
  ...options
}: MessagingAppOptions): Promise<MessagingApp> {
  const own = database ?? (await createTestDatabase());
  const clock = new TestClock();
  const orm = { ...connectionOptions({ databaseUrl: own.url, requestPoolSize: 10 }), entities };
  const builder = Test.createTestingModule({
    imports: [TypeOrmModule.forRoot(orm), MessagingModule.forRoot(options), ...imports],
    providers,
  });
  const module = await builder.overrideProvider(MessagingClock).useValue(clock).compile();
  // Compiling puts a logger of its own in place.
  Logger.overrideLogger(false);
  const close = async () => {
    await module.close();
    if (!database) await own.drop();
  };
  // A boot that is refused leaves nothing behind.
  const app = await module.init().catch(async (error: unknown) => {
    await close();
    throw error;
  });
  const dataSource = app.get(DataSource);
  return {
    app,
    database: own,
    dataSource,
    unitOfWork: app.get(UnitOfWork),
    queue: app.get(QueuedCommands),
    commands: app.get(CommandBus, { strict: false }),
    events: app.get(EventBus, { strict: false }),
    kit: new MessagingTestKit(app),
    clock,
    query: (sql, parameters) => dataSource.query(sql, parameters),
    close,
  };
}
