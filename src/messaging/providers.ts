import type { FactoryProvider, Provider } from '@nestjs/common';
import { DiscoveryService, ModuleRef } from '@nestjs/core';
import { getDataSourceToken } from '@nestjs/typeorm';
import type { DataSource } from 'typeorm';
import { MessageCatalog } from './catalog.js';
import { MessagingClock } from './clock.js';
import { Connections } from './connections.js';
import { ConsumerRegistry } from './consumer-registry.js';
import { ConsumerOverview } from './consumer-overview.js';
import { DeadLetters } from './dead-letters.js';
import { EventFeed } from './event-feed.js';
import { EventLog } from './event-log.js';
import { FeedLog } from './feed-log.js';
import { FeedTail } from './feed-tail.js';
import { HeldMessages } from './hold.js';
import { IdempotencyKeys } from './idempotency-keys.js';
import { Inbox } from './inbox.js';
import { Incarnation } from './incarnation.js';
import { joinTypeOrm } from './join-typeorm.js';
import { Leases } from './leases.js';
import { Messaging } from './messaging.js';
import { MESSAGING_OPTIONS, type MessagingOptions, type Settings, settingsFrom } from './options.js';
import { FailureTeller } from './observer.js';
import { OutboxForwarder } from './outbox-forwarder.js';
import { Partitions } from './partitions.js';
import { PersonalData } from './personal-data.js';
import { Progress } from './progress.js';
import { PruneHandler } from './prune.js';
import { QueuedCommands } from './queued-commands.js';
import { CommandTable } from './command-table.js';
import { QueueWorker } from './queue-worker.js';
import { Sequencer } from './sequencer.js';
import { MessagingStatus } from './status.js';
import { UnitOfWork } from './unit-of-work.js';
import { WakeListener } from './wake-listener.js';

const SETTINGS = Symbol('aftercommit:settings');

type Factory<T> = Omit<FactoryProvider<T>, 'provide'>;

const settings: Factory<Settings> = {
  inject: [MESSAGING_OPTIONS],
  useFactory: (options: MessagingOptions) => settingsFrom(options),
};

const unitOfWork: Factory<UnitOfWork> = {
  inject: [getDataSourceToken(), Connections, MessagingClock, SETTINGS],
  useFactory: (dataSource: DataSource, connections: Connections, clock: MessagingClock, { schema }: Settings) => {
    const unit = new UnitOfWork(dataSource, connections, clock, schema);
    joinTypeOrm(dataSource, unit);
    return unit;
  },
};

type StatusParts = [Connections, DataSource, MessagingClock, Messaging, Settings];
type Injected = [Connections, UnitOfWork, QueuedCommands, MessagingClock, WakeListener, Settings, ...Discovering];
type Discovering = [DiscoveryService, ModuleRef];

/** What delivers: built here by hand, because nobody outside needs its parts. */
const messaging: Factory<Messaging> = {
  inject: [
    Connections,
    UnitOfWork,
    QueuedCommands,
    MessagingClock,
    WakeListener,
    SETTINGS,
    DiscoveryService,
    ModuleRef,
  ],
  useFactory: (...injected: Injected) => {
    const [connections, unit, queue, clock, listener, chosen, discovery, moduleRef] = injected;
    const { schema } = chosen;
    const catalog = new MessageCatalog();
    const log = new EventLog(connections, schema);
    const held = new HeldMessages(connections, clock, schema);
    const progress = new Progress(connections, schema);
    const commands = new CommandTable(connections, clock, chosen);
    const bus = () => assembled.commandBus;
    const observer = new FailureTeller(chosen.observer, (failure) => assembled.tellOf(failure));
    const worker = new QueueWorker({
      unitOfWork: unit,
      catalog,
      clock,
      queue,
      commands,
      bus,
      observer,
    });
    const registry = new ConsumerRegistry(connections, schema, () => assembled);
    const lanes = { unitOfWork: unit, log, progress, held, clock, connections, observer };
    const partitions = new Partitions(lanes, schema);
    const sequencer = new Sequencer(connections, schema);
    const leases = new Leases(connections, clock, chosen);
    const parts = { leases, sequencer, log, partitions, registry, worker, listener };
    const forwarder = new OutboxForwarder(parts, chosen);
    const assembled: Messaging = new Messaging({
      discovery,
      moduleRef,
      catalog,
      unitOfWork: unit,
      queue,
      worker,
      forwarder,
      log,
      settings: chosen,
    });
    return assembled;
  },
};

export const coreProviders: Provider[] = [
  MessagingClock,
  { provide: SETTINGS, ...settings },
  {
    provide: Connections,
    inject: [getDataSourceToken(), SETTINGS],
    useFactory: (dataSource: DataSource, chosen: Settings) => new Connections(dataSource, chosen),
  },
  { provide: UnitOfWork, ...unitOfWork },
  {
    provide: QueuedCommands,
    inject: [UnitOfWork, MessagingClock],
    useFactory: (unit: UnitOfWork, clock: MessagingClock) => new QueuedCommands(unit, clock),
  },
  {
    provide: WakeListener,
    inject: [Connections, SETTINGS],
    useFactory: (connections: Connections, { schema }: Settings) => new WakeListener(connections, schema),
  },
  {
    provide: EventFeed,
    inject: [Connections, WakeListener, SETTINGS],
    useFactory: (connections: Connections, listener: WakeListener, { schema }: Settings) => {
      const incarnation = new Incarnation(connections, schema);
      const log = new FeedLog(connections, schema, incarnation);
      return new EventFeed(log, new FeedTail(log, listener), incarnation);
    },
  },
  {
    provide: IdempotencyKeys,
    inject: [UnitOfWork, SETTINGS],
    useFactory: (unit: UnitOfWork, { schema }: Settings) => new IdempotencyKeys(unit, schema),
  },
  { provide: Messaging, ...messaging },
  {
    provide: DeadLetters,
    inject: [UnitOfWork, MessagingClock, SETTINGS],
    useFactory: (unit: UnitOfWork, clock: MessagingClock, { schema }: Settings) => new DeadLetters(unit, clock, schema),
  },
  {
    provide: ConsumerOverview,
    inject: [Connections, UnitOfWork, Messaging, SETTINGS],
    useFactory: (...[connections, unit, assembled, { schema }]: [Connections, UnitOfWork, Messaging, Settings]) =>
      new ConsumerOverview(connections, unit, () => assembled.consumers.map(({ name }) => name), schema),
  },
  {
    provide: MessagingStatus,
    inject: [Connections, getDataSourceToken(), MessagingClock, Messaging, SETTINGS],
    useFactory: (...[connections, dataSource, clock, assembled, { schema }]: StatusParts) =>
      new MessagingStatus(connections, dataSource, clock, { schema, commandTypes: () => assembled.queuedTypes }),
  },
  {
    provide: Inbox,
    inject: [UnitOfWork, SETTINGS],
    useFactory: (unit: UnitOfWork, { schema }: Settings) => new Inbox(unit, schema),
  },
  {
    provide: PersonalData,
    inject: [UnitOfWork, SETTINGS],
    useFactory: (unit: UnitOfWork, { schema }: Settings) => new PersonalData(unit, schema),
  },
  {
    provide: PruneHandler,
    inject: [Connections, SETTINGS],
    useFactory: (connections: Connections, { schema, keepEventsMs }: Settings) =>
      new PruneHandler(connections, schema, keepEventsMs),
  },
  { provide: OutboxForwarder, inject: [Messaging], useFactory: ({ forwarder }: Messaging) => forwarder },
];

export const exportedProviders = [
  UnitOfWork,
  QueuedCommands,
  EventFeed,
  IdempotencyKeys,
  DeadLetters,
  ConsumerOverview,
  MessagingStatus,
  Inbox,
  PersonalData,
  OutboxForwarder,
  Messaging,
];
