import { Logger } from '@nestjs/common';
import {
  type AggregateRoot,
  type CommandBus,
  type CqrsModule,
  type ICommand,
  type IEvent,
  InvalidSagaException,
  type UnhandledExceptionInfo,
} from '@nestjs/cqrs';
import { EMPTY, isObservable } from 'rxjs';
import { queuedOptions } from './decorators.js';
import type { Found, FoundSaga } from './discovery.js';
import { MessagingUsageError } from './errors.js';
import type { Stream } from './message.js';
import type { UnitOfWork } from './unit-of-work.js';

/** The publishers that the buses had before: Nest's own, whom subscribers listen to, or those of CqrsModule's options. */
export interface NestPublishers {
  /** Tells of an event, after its commit. */
  event(event: object): Promise<void>;
  /** Tells of an attempt that failed. */
  exception(info: UnhandledExceptionInfo): Promise<void>;
}

/**
 * Puts every bus of the application on the unit of work. Each import of CqrsModule makes buses of its own, so they are
 * all taken: events are recorded instead of handed out, and Nest binds no event handler or saga, for then each would
 * run twice.
 */
export function wireBuses(found: Found, unitOfWork: UnitOfWork, isOpen: () => boolean): NestPublishers {
  const { eventBuses, commandBuses, exceptionBuses, cqrsModules } = found;
  // A publisher of the options is the same for every bus.
  const forEvents = new Set(eventBuses.map((bus) => bus.publisher));
  const forExceptions = new Set(exceptionBuses.map((bus) => bus.publisher));
  const publisher = new RecordingPublisher(unitOfWork, isOpen);
  for (const bus of eventBuses) {
    bus.publisher = publisher;
    Object.assign(bus, { register: () => undefined, registerSagas: () => found.sagas.forEach(refuseInvalid) });
  }
  for (const bus of commandBuses) wireCommandBus(bus, unitOfWork);
  for (const module of cqrsModules) bindOnce(module);
  return {
    event: async (event) => void (await Promise.all([...forEvents].map((each) => each.publish(event) as unknown))),
    exception: async (info) =>
      void (await Promise.all([...forExceptions].map((each) => each.publish(info) as unknown))),
  };
}

/** Both Nest and the start of the delivery bind a module's handlers, and a second time Nest would warn. */
function bindOnce(module: CqrsModule): void {
  const bind = module.onApplicationBootstrap.bind(module);
  let bound = false;
  module.onApplicationBootstrap = () => {
    if (!bound) bind();
    bound = true;
  };
}

/** Nest binds sagas at the end of the start, and so refuses what is none. */
function refuseInvalid({ run }: FoundSaga): void {
  if (!isObservable(run(EMPTY))) throw new InvalidSagaException();
}

function wireCommandBus(bus: CommandBus, unitOfWork: UnitOfWork): void {
  const execute = bus.execute.bind(bus) as (command: ICommand, context?: unknown) => Promise<unknown>;
  const executeInUnit = async (command: ICommand, context?: unknown): Promise<unknown> => {
    if (queuedOptions(command.constructor)?.effect !== 'outside')
      return unitOfWork.run(async () => execute(command, context));
    if (!unitOfWork.active) return execute(command, context);
    throw new MessagingUsageError(
      `${command.constructor.name} has effects outside the database: send() it, so that it runs after the commit`,
    );
  };
  bus.execute = executeInUnit as typeof bus.execute;
}

class RecordingPublisher {
  readonly #logger = new Logger('EventBus');

  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly isOpen: () => boolean,
  ) {}

  publish(event: object, context?: unknown): Promise<void> | void {
    return this.publishAll([event], context);
  }

  publishAll(events: object[], context?: unknown): Promise<void> | void {
    if (!this.isOpen())
      throw new MessagingUsageError('the application is shutting down: nothing can be published any more');
    if (events.length === 0) return;
    if (this.unitOfWork.active) return this.unitOfWork.record(streamOf(context), events);
    if (isAggregate(context)) {
      // Nest drops the promise of commit(), so a rejection would end the process; an exception reaches the caller.
      throw new MessagingUsageError(
        'commit() needs a unit of work: call it in a command handler or in unitOfWork.run()',
      );
    }
    const stored = this.unitOfWork.run(async () => this.unitOfWork.record(undefined, events));
    // Code written for a bus in memory may not wait for it; then this line tells, and a rejection ends no process.
    stored.catch((error: unknown) => this.#logger.error(`can't publish ${namesOf(events)}: ${String(error)}`));
    return stored;
  }
}

const namesOf = (events: readonly IEvent[]) => events.map(({ constructor }) => constructor.name).join(', ');

interface MergedAggregate {
  readonly streamType?: string;
  readonly streamId?: string;
  readonly id?: string | number;
}

/** Nest hands over whatever was merged with its publisher: an AggregateRoot, or a class with its mixin. */
function isAggregate(context: unknown): context is MergedAggregate {
  return typeof (context as Partial<AggregateRoot> | undefined)?.getUncommittedEvents === 'function';
}

/** An aggregate's own stream, or else its class name and id. */
function streamOf(context: unknown): Stream | undefined {
  if (!isAggregate(context)) return undefined;
  const { streamType = className(context), streamId, id } = context;
  const own = streamId ?? (id === undefined ? undefined : String(id));
  return own === undefined ? undefined : { type: streamType, id: own };
}

/** `mergeClassContext` makes a subclass without a name. */
function className({ constructor }: object): string {
  return constructor.name || (Object.getPrototypeOf(constructor) as { name: string }).name;
}
