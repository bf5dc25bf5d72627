import { Logger } from '@nestjs/common';
import type { ModuleRef, DiscoveryService } from '@nestjs/core';
import type { CommandBus, ICommand, UnhandledExceptionInfo } from '@nestjs/cqrs';
import { type NestPublishers, wireBuses } from './buses.js';
import type { MessageCatalog } from './catalog.js';
import { type Consumer, makeConsumers } from './consumer.js';
import { type QueuedOptions, queuedOptions } from './decorators.js';
import { discover, type Found, type FoundCommandHandler } from './discovery.js';
import { MessagingUsageError } from './errors.js';
import type { EventLog } from './event-log.js';
import { LocalHandlers } from './local-handlers.js';
import { describeMessage, type MessageClass } from './message.js';
import { apart } from './message-context.js';
import { milliseconds, type Settings } from './options.js';
import type { OutboxForwarder } from './outbox-forwarder.js';
import type { QueuedCommands } from './queued-commands.js';
import type { QueueWorker } from './queue-worker.js';
import type { UnitOfWork } from './unit-of-work.js';

interface Parts {
  readonly discovery: DiscoveryService;
  readonly moduleRef: ModuleRef;
  readonly catalog: MessageCatalog;
  readonly unitOfWork: UnitOfWork;
  readonly queue: QueuedCommands;
  readonly worker: QueueWorker;
  readonly forwarder: OutboxForwarder;
  readonly log: EventLog;
  readonly settings: Settings;
}

/** Finds the application's handlers, puts its buses on the unit of work, and starts and stops the delivery. */
export class Messaging {
  #found?: Found;
  #nest?: NestPublishers;
  #consumers: readonly Consumer[] = [];
  readonly #shutdown = new AbortController();
  #open = true;
  readonly #logger = new Logger('Messaging');

  constructor(private readonly parts: Parts) {}

  get forwarder(): OutboxForwarder {
    return this.parts.forwarder;
  }

  get keepsTime(): boolean {
    return this.parts.settings.timer;
  }

  get consumers(): readonly Consumer[] {
    return this.#consumers;
  }

  /** The commands that workers run here. */
  get queuedTypes(): readonly string[] {
    return this.parts.worker.types;
  }

  get commandBus(): CommandBus {
    return this.#found!.commandBuses[0]!;
  }

  /** Runs before Nest binds handlers to its buses. Throws, with one clear message, for what can't work. */
  wire(): void {
    const { discovery, moduleRef, unitOfWork, catalog, settings, queue, log } = this.parts;
    const found = discover(discovery, moduleRef);
    this.#found = found;
    this.#nest = wireBuses(found, unitOfWork, () => this.#open);
    const sendable = (type: MessageClass) => !settings.strictNames && catalog.knows(type);
    this.#consumers = makeConsumers(found, {
      catalog,
      settings,
      send: (command) => queue.sendFromSaga(command, sendable),
      incarnation: () => log.incarnation(),
      shutdown: this.#shutdown.signal,
    });
    this.serveCommands(found);
    this.attachPhases(found);
  }

  async start(): Promise<void> {
    if (!this.parts.settings.deliver) return;
    // What is due runs at once, and Nest may not have come to binding the handlers.
    for (const module of this.#found!.cqrsModules) module.onApplicationBootstrap();
    await this.parts.worker.registerRecurring();
    await this.parts.forwarder.start();
  }

  /** Takes nothing more up, and lets what runs finish within the limit. What is recorded from now on is delivered later. */
  async drain(): Promise<void> {
    const { forwarder, worker, settings } = this.parts;
    const abort = () => {
      worker.abort();
      this.#shutdown.abort(new Error('the service is shutting down'));
    };
    const limit = setTimeout(abort, settings.shutdownTimeoutMs);
    await forwarder.stop();
    clearTimeout(limit);
  }

  /** Runs until nothing is due, on this instance; for tests, which drive the clock themselves. */
  async settle(): Promise<void> {
    const { forwarder, worker } = this.parts;
    do {
      await forwarder.settle();
      await worker.settle();
    } while (!(await forwarder.isSettled()) || !(await worker.isSettled()));
  }

  /** Whether a type of stored message has a class here. */
  knows(type: string): boolean {
    return this.parts.catalog.has(type);
  }

  /** For whoever subscribes to Nest's UnhandledExceptionBus. */
  tellOf(failure: UnhandledExceptionInfo): void {
    this.#nest?.exception(failure).catch((error: unknown) => {
      this.#logger.error(`an unhandled exception can't be published: ${String(error)}`);
    });
  }

  /** From now on publishing throws. */
  close(): void {
    this.#open = false;
  }

  private serveCommands({ commandHandlers }: Found): void {
    const handled = new Map<unknown, string>();
    for (const { command, target } of commandHandlers) {
      const other = handled.get(command);
      if (other) throw new MessagingUsageError(`${command.name} has two handlers: ${other} and ${target.name}`);
      handled.set(command, target.name);
    }
    const declared = commandHandlers.filter(({ command }) => queuedOptions(command));
    for (const handler of declared) this.serve(handler, queuedOptions(handler.command)!);
    if (this.parts.settings.strictNames) return;
    // A plain saga emits plain commands; which, is not known before.
    for (const handler of commandHandlers) if (!declared.includes(handler)) this.offer(handler);
  }

  private offer(handler: FoundCommandHandler): void {
    if (this.parts.catalog.offer(handler.command)) this.serve(handler, UNDECLARED);
  }

  private serve(found: FoundCommandHandler, declared: QueuedOptions<ICommand>): void {
    const { command, target } = found;
    const { settings, catalog, worker } = this.parts;
    const options = { ...declared, ...settings.commands.get(command) };
    const { name, named } = describeMessage(command);
    if (settings.strictNames && !named) {
      throw new MessagingUsageError(`${command.name} is stored, so it needs a stable name: @Message('…')`);
    }
    catalog.add(command);
    const retry = options.retry?.map(milliseconds) ?? settings.retry;
    worker.serve(name, { options, retry, handlerName: target.name, handler: () => found.instance() });
  }

  private attachPhases({ eventHandlers, sagas }: Found): void {
    const { unitOfWork, worker, forwarder, settings } = this.parts;
    const local = new LocalHandlers(eventHandlers, (failure) => this.tellOf(failure));
    unitOfWork.attach({
      beforeCommit: (recorded) => {
        this.learn(recorded.event.constructor as MessageClass, sagas.length > 0);
        return local.beforeCommit(recorded);
      },
      ended: (outcome) => settings.observer.unitEnded(outcome),
      committed: (unit) => {
        if (unit.events.length > 0) apart(() => forwarder.kick());
        if (unit.commands.length > 0 && settings.deliver) apart(() => worker.handOff(unit.commands));
      },
      afterCommit: async (recorded) => {
        await local.afterCommit(recorded);
        await this.#nest!.event(recorded.event);
      },
    });
  }

  /** An event without a handler and a name is known from now on only: sagas see all events, but don't say of which classes. */
  private learn(type: MessageClass, forSagas: boolean): void {
    const { catalog } = this.parts;
    if (catalog.knows(type)) return;
    const { name, named } = describeMessage(type);
    if (!catalog.offer(type)) catalog.add(type);
    if (named || !forSagas) return;
    this.#logger.warn(
      `${name} has no handler, so other processes can't rebuild it for a saga: if one reacts to it, add @Message('${name}')`,
    );
  }
}

/** For a command that a saga emits without a word about how it runs. */
const UNDECLARED: QueuedOptions<ICommand> = { effect: 'database' };
