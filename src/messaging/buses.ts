import type { AggregateRoot, CommandBus, EventBus, ICommand } from '@nestjs/cqrs';
import { queuedOptions } from './decorators.js';
import type { Found } from './discovery.js';
import { MessagingUsageError } from './errors.js';
import type { Stream } from './message.js';
import type { UnitOfWork } from './unit-of-work.js';

/**
 * Puts every bus of the application on the unit of work. Each import of CqrsModule makes buses of its own, so they are
 * all taken: events are recorded instead of handed out, and Nest binds no event handler or saga, for then each would
 * run twice.
 */
export function wireBuses({ eventBuses, commandBuses }: Found, unitOfWork: UnitOfWork, isOpen: () => boolean): void {
  const publisher = new RecordingPublisher(unitOfWork, isOpen);
  for (const bus of eventBuses) {
    bus.publisher = publisher;
    Object.assign(bus, { register: () => undefined, registerSagas: () => undefined });
  }
  for (const bus of commandBuses) wireCommandBus(bus, unitOfWork);
}

/** After the commit, for whoever subscribes to an EventBus by hand. */
export function announce(eventBuses: readonly EventBus[], event: object): void {
  for (const bus of eventBuses) bus.subject$.next(event);
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
    return this.unitOfWork.run(async () => this.unitOfWork.record(undefined, events));
  }
}

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
