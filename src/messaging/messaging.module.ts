import {
  type DynamicModule,
  Global,
  Inject,
  Module,
  type FactoryProvider,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
  type OnModuleInit,
} from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import { CqrsModule } from '@nestjs/cqrs';
import { Connections } from './connections.js';
import { Messaging } from './messaging.js';
import { MESSAGING_OPTIONS, type MessagingAsyncOptions, type MessagingOptions } from './options.js';
import { TICK_MS } from './outbox-forwarder.js';
import { coreProviders, exportedProviders } from './providers.js';

/**
 * Makes `@nestjs/cqrs` transactional and durable: commands run in a unit of work, events are stored with it and handled
 * after it has committed, in order per stream, exactly once in the database.
 *
 * Needs `TypeOrmModule` on PostgreSQL, and the tables of `messagingMigrations()`.
 */
@Global()
@Module({})
export class MessagingModule
  implements OnModuleInit, OnApplicationBootstrap, BeforeApplicationShutdown, OnApplicationShutdown
{
  /**
   * Not @nestjs/schedule: a second ScheduleModule would run each job of an adopter twice, and one whose intervals are
   * switched off would not drive this. An application with a scheduler of its own can use that: option `timer`.
   */
  #timer?: NodeJS.Timeout;

  constructor(
    @Inject(Messaging) private readonly messaging: Messaging,
    @Inject(Connections) private readonly connections: Connections,
  ) {}

  static forRoot(options: MessagingOptions = {}): DynamicModule {
    return MessagingModule.with({ provide: MESSAGING_OPTIONS, useFactory: () => options });
  }

  static forRootAsync({ imports, inject, useFactory }: MessagingAsyncOptions): DynamicModule {
    const options = { provide: MESSAGING_OPTIONS, inject: inject as FactoryProvider['inject'], useFactory };
    return { ...MessagingModule.with(options), imports: [...MODULES, ...(imports ?? [])] };
  }

  private static with(options: FactoryProvider): DynamicModule {
    return {
      module: MessagingModule,
      imports: MODULES,
      providers: [options, ...coreProviders],
      exports: exportedProviders,
    };
  }

  onModuleInit(): void {
    this.messaging.wire();
  }

  async onApplicationBootstrap(): Promise<void> {
    await this.messaging.start();
    if (this.messaging.keepsTime) this.#timer = setInterval(() => void this.messaging.forwarder.tick(), TICK_MS);
  }

  /** Before the HTTP server closes, while the database is still there. */
  async beforeApplicationShutdown(): Promise<void> {
    clearInterval(this.#timer);
    await this.messaging.drain();
  }

  async onApplicationShutdown(): Promise<void> {
    this.messaging.close();
    await this.connections.end();
  }
}

const MODULES = [CqrsModule, DiscoveryModule];
