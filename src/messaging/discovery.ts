import 'reflect-metadata';
import type { Type } from '@nestjs/common';
import type { DiscoveryService, ModuleRef } from '@nestjs/core';
import {
  AsyncContext,
  CommandBus,
  CommandHandler,
  CqrsModule,
  EventBus,
  EventsHandler,
  type ICommand,
  type IEvent,
  InvalidSagaException,
  Saga,
  UnhandledExceptionBus,
} from '@nestjs/cqrs';
import type { Observable } from 'rxjs';
import { phaseOf } from './decorators.js';
import { MessagingUsageError } from './errors.js';
import type { MessageClass } from './message.js';
import type { MessageContext } from './message-context.js';
import { type EventRelay, relayOptions } from './relay.js';

/**
 * What a class with `@EventsHandler` may do in place of `handle`, or beside it: take several events in one call, so that a
 * projection can store them with one statement. They come in their order, up to the consumer's `batch`, in one
 * transaction. Where it fails each of them is tried alone, by `handle`, or in a call of its own.
 */
export interface BatchHandler<E extends object> {
  /** @param contexts of the events, in the same order. What is recorded meanwhile has no one cause, and names none. */
  handleBatch(events: readonly E[], contexts: readonly MessageContext[]): Promise<void>;
}

/** A class with `@EventsHandler`. */
export interface FoundEventHandler {
  readonly target: Type;
  readonly events: readonly MessageClass[];
  handle(event: object, context?: MessageContext): Promise<void>;
  readonly handleBatch?: BatchHandler<object>['handleBatch'];
}

/** A property with `@Saga()`. */
export interface FoundSaga {
  readonly target: Type;
  readonly property: string;
  readonly run: (events: Observable<IEvent>) => Observable<ICommand>;
}

/** A class with `@Relay`. */
export interface FoundRelay {
  readonly target: Type;
  readonly publish: EventRelay['publish'];
}

/** A class with `@CommandHandler`. */
export interface FoundCommandHandler {
  readonly target: Type;
  readonly command: MessageClass;
  instance(): Promise<object>;
}

export interface Found {
  readonly eventHandlers: readonly FoundEventHandler[];
  readonly sagas: readonly FoundSaga[];
  readonly relays: readonly FoundRelay[];
  readonly commandHandlers: readonly FoundCommandHandler[];
  readonly eventBuses: readonly EventBus[];
  readonly commandBuses: readonly CommandBus[];
  readonly exceptionBuses: readonly UnhandledExceptionBus[];
  readonly cqrsModules: readonly CqrsModule[];
}

type Wrapper = ReturnType<DiscoveryService['getProviders']>[number];

/** Finds what `@nestjs/cqrs` would have found, in the whole container. */
export function discover(discovery: DiscoveryService, moduleRef: ModuleRef): Found {
  const wrappers = discovery.getProviders();
  const instancesOf = <T>(type: abstract new (...args: never[]) => T) =>
    [...new Set(wrappers.map((wrapper) => wrapper.instance as unknown))].filter(
      (found): found is T => found instanceof type,
    );
  const classes = new Map(
    wrappers.filter((wrapper) => targetOf(wrapper)).map((wrapper) => [targetOf(wrapper)!, wrapper]),
  );
  return {
    eventHandlers: [...classes].flatMap(([target, wrapper]) => eventHandler(target, wrapper, moduleRef)),
    sagas: [...classes].flatMap(([target, wrapper]) => sagas(target, wrapper)),
    relays: [...classes].flatMap(([target, wrapper]) => relay(target, wrapper, moduleRef)),
    commandHandlers: [...classes].flatMap(([target, wrapper]) => commandHandler(target, wrapper, moduleRef)),
    eventBuses: instancesOf(EventBus),
    commandBuses: instancesOf(CommandBus),
    exceptionBuses: instancesOf(UnhandledExceptionBus),
    cqrsModules: instancesOf(CqrsModule),
  };
}

function targetOf(wrapper: Wrapper): Type | undefined {
  return ((wrapper.instance as object | undefined)?.constructor ?? wrapper.metatype) as Type | undefined;
}

function eventHandler(target: Type, wrapper: Wrapper, moduleRef: ModuleRef): FoundEventHandler[] {
  const events = Reflect.getMetadata(KEYS.events, target) as MessageClass[] | undefined;
  if (!events) return [];
  const resolve = resolver(wrapper, moduleRef);
  type Handler = Pick<FoundEventHandler, 'handle'> & Required<Pick<FoundEventHandler, 'handleBatch'>>;
  const instanceFor = async (event: object) => (await resolve(event)) as Handler;
  const handle: Handler['handle'] = async (event, context) => (await instanceFor(event)).handle(event, context);
  if (!has(target, 'handleBatch')) return [{ target, events, handle }];
  const handleBatch: Handler['handleBatch'] = async (all, contexts) =>
    (await instanceFor(all[0]!)).handleBatch(all, contexts);
  if (has(target, 'handle')) return [{ target, events, handle, handleBatch }];
  if (phaseOf(target))
    throw new MessagingUsageError(`${target.name} is told of one event at a time: it needs a handle()`);
  return [{ target, events, handle: (event, context) => handleBatch([event], [context!]), handleBatch }];
}

function has(target: Type, method: string): boolean {
  return method in (target.prototype as object);
}

function sagas(target: Type, wrapper: Wrapper): FoundSaga[] {
  const properties = (Reflect.getMetadata(KEYS.saga, target) as string[] | undefined) ?? [];
  if (properties.length > 0 && !wrapper.isDependencyTreeStatic()) {
    throw new MessagingUsageError(`${target.name} is request-scoped: a saga has no request, make it a singleton`);
  }
  const instance = wrapper.instance as Record<string, FoundSaga['run']>;
  return properties.map((property) => {
    if (typeof instance[property] !== 'function') throw new InvalidSagaException();
    return { target, property, run: (events) => instance[property]!.call(instance, events) };
  });
}

function relay(target: Type, wrapper: Wrapper, moduleRef: ModuleRef): FoundRelay[] {
  if (!relayOptions(target)) return [];
  const resolve = resolver(wrapper, moduleRef);
  return [{ target, publish: async (events, signal) => ((await resolve({})) as EventRelay).publish(events, signal) }];
}

function commandHandler(target: Type, wrapper: Wrapper, moduleRef: ModuleRef): FoundCommandHandler[] {
  const command = Reflect.getMetadata(KEYS.command, target) as MessageClass | undefined;
  const resolve = resolver(wrapper, moduleRef);
  return command ? [{ target, command, instance: () => resolve({}) }] : [];
}

/** A request-scoped handler gets an instance for the context of its message: one of its own for each attempt. */
function resolver(wrapper: Wrapper, moduleRef: ModuleRef): (message: object) => Promise<object> {
  if (wrapper.isDependencyTreeStatic()) return async () => wrapper.instance as object;
  return async (message) => {
    const context = AsyncContext.of(message) ?? new AsyncContext();
    moduleRef.registerRequestByContextId(context, context.id);
    return moduleRef.resolve(wrapper.metatype as Type, context.id, { strict: false });
  };
}

/** The metadata keys are not exported, so they are read off classes that carry nothing else. */
const KEYS = (() => {
  class ProbeMessage {}
  @EventsHandler(ProbeMessage)
  class ProbeEventHandler {}
  @CommandHandler(ProbeMessage)
  class ProbeCommandHandler {}
  class ProbeSaga {
    @Saga() property = undefined as never;
  }
  const keyWith = (target: object, value: unknown): unknown =>
    Reflect.getMetadataKeys(target).find((key) => {
      const found: unknown = Reflect.getMetadata(key, target);
      return found === value || (Array.isArray(found) && found.includes(value));
    });
  return {
    events: keyWith(ProbeEventHandler, ProbeMessage),
    command: keyWith(ProbeCommandHandler, ProbeMessage),
    saga: keyWith(ProbeSaga, 'property'),
  };
})();
