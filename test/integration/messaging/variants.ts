import { type INestApplicationContext, Logger, type ModuleMetadata } from '@nestjs/common';
import {
  CommandBus,
  CqrsModule,
  type CqrsModuleOptions,
  EventBus,
  EventPublisher,
  QueryBus,
  UnhandledExceptionBus,
} from '@nestjs/cqrs';
import { Test } from '@nestjs/testing';
import type { TestDatabase } from '../../support/database.js';
import { startMessagingApp } from '../../support/messaging-app.js';

/** An application of handlers and sagas, and what tests ask of it. */
export interface Started {
  readonly app: INestApplicationContext;
  readonly commands: CommandBus;
  readonly queries: QueryBus;
  readonly events: EventBus;
  readonly publisher: EventPublisher;
  readonly exceptions: UnhandledExceptionBus;
  /** Resolves when handlers have run, as far as they do by themselves. */
  settled(): Promise<void>;
  /** Lets so much time pass that whatever is retried is tried again. */
  later(): Promise<void>;
  close(): Promise<void>;
}

export type Start = (
  providers: NonNullable<ModuleMetadata['providers']>,
  options?: CqrsModuleOptions,
) => Promise<Started>;

/** The same handlers on `@nestjs/cqrs` alone. */
export const startPlain: Start = async (providers, options) => {
  const module = await Test.createTestingModule({ imports: [CqrsModule.forRoot(options)], providers }).compile();
  Logger.overrideLogger(false);
  await module.init();
  // Everything runs in memory, and nothing there takes longer than a few turns of the event loop.
  const settled = async () => {
    for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
  };
  return { ...busesOf(module), settled, later: settled, close: () => module.close() };
};

/** The same handlers on the messaging core, on a database of their own unless they are given one. */
export const startDurable: Start = (providers, options) => startDurableOn(undefined)(providers, options);

export const startDurableOn =
  (database: TestDatabase | undefined): Start =>
  async (providers, options) => {
    const imports = [CqrsModule.forRoot(options)];
    const { app, kit, clock, close } = await startMessagingApp({ imports, providers, database });
    const later = async () => {
      clock.advance('3s');
      await kit.settled();
    };
    return { ...busesOf(app), settled: () => kit.settled(), later, close };
  };

function busesOf(app: INestApplicationContext) {
  const find = <T>(type: new (...args: never[]) => T): T => app.get(type, { strict: false });
  return {
    app,
    commands: find(CommandBus),
    queries: find(QueryBus),
    events: find(EventBus),
    publisher: find(EventPublisher),
    exceptions: find(UnhandledExceptionBus),
  };
}
