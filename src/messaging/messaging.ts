import type { ModuleRef, DiscoveryService } from '@nestjs/core';
import type { CommandBus } from '@nestjs/cqrs';
import { announce, wireBuses } from './buses.js';
import type { MessageCatalog } from './catalog.js';
import { type Consumer, makeConsumers } from './consumer.js';
import { queuedOptions } from './decorators.js';
import { discover, type Found } from './discovery.js';
import { MessagingUsageError } from './errors.js';
import type { EventLog } from './event-log.js';
import { LocalHandlers } from './local-handlers.js';
import { describeMessage } from './message.js';
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
  #consumers: readonly Consumer[] = [];
  readonly #shutdown = new AbortController();
  #open = true;

  constructor(private readonly parts: Parts) {}

  get forwarder(): OutboxForwarder {
    return this.parts.forwarder;
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
    wireBuses(found, unitOfWork, () => this.#open);
    this.#consumers = makeConsumers(found, {
      catalog,
      settings,
      send: (command) => queue.send(command),
      incarnation: () => log.incarnation(),
      shutdown: this.#shutdown.signal,
    });
    this.serveCommands(found);
    this.attachPhases(found);
  }

  async start(): Promise<void> {
    if (!this.parts.settings.deliver) return;
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

  /** From now on publishing throws. */
  close(): void {
    this.#open = false;
  }

  private serveCommands({ commandHandlers }: Found): void {
    const handled = new Map<unknown, string>();
    for (const handler of commandHandlers) {
      const { command, target } = handler;
      const other = handled.get(command);
      if (other) throw new MessagingUsageError(`${command.name} has two handlers: ${other} and ${target.name}`);
      handled.set(command, target.name);
      const declared = queuedOptions(command);
      if (!declared) continue;
      const options = { ...declared, ...this.parts.settings.commands.get(command) };
      const { name, named } = describeMessage(command);
      if (this.parts.settings.strictNames && !named) {
        throw new MessagingUsageError(`${command.name} is stored, so it needs a stable name: @Message('…')`);
      }
      this.parts.catalog.add(command);
      const retry = options.retry?.map(milliseconds) ?? this.parts.settings.retry;
      this.parts.worker.serve(name, { options, retry, handlerName: target.name, handler: () => handler.instance() });
    }
  }

  private attachPhases({ eventHandlers, eventBuses }: Found): void {
    const { unitOfWork, worker, forwarder, settings } = this.parts;
    const local = new LocalHandlers(eventHandlers);
    unitOfWork.attach({
      beforeCommit: (recorded) => local.beforeCommit(recorded),
      ended: (outcome) => settings.observer.unitEnded(outcome),
      committed: (unit) => {
        if (unit.events.length > 0) forwarder.kick();
        if (unit.commands.length > 0 && settings.deliver) worker.handOff(unit.commands);
      },
      afterCommit: async (recorded) => {
        await local.afterCommit(recorded);
        announce(eventBuses, recorded.event);
      },
    });
  }
}
