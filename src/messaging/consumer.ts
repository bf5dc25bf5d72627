import { AsyncContext, type ICommand } from '@nestjs/cqrs';
import type { MessageCatalog } from './catalog.js';
import { consumerOptions, phaseOf } from './decorators.js';
import type { Found, FoundEventHandler, FoundSaga } from './discovery.js';
import { MessagingUsageError } from './errors.js';
import type { StoredEvent } from './event-log.js';
import { describeMessage } from './message.js';
import { type MessageContext, withMessage } from './message-context.js';
import { milliseconds, type Settings } from './options.js';
import { runSaga } from './saga.js';

/** The work that an event means for a consumer; it runs inside a unit of work. */
export type Work = () => Promise<void>;

/** One durable subscriber: an event handler or a saga. */
export interface Consumer {
  readonly name: string;
  /** The event types that it handles, sorted; undefined for all. */
  readonly types?: readonly string[];
  readonly retry: readonly number[];
  /** Events that may share a transaction. */
  readonly batch: number;
  readonly from: 'now' | 'beginning';
  /** What waits behind a failing event. */
  parkKey(stored: StoredEvent): string;
  /** What to do about an event, or undefined for nothing. Runs outside the unit of work. */
  prepare(stored: StoredEvent, attempt: number): Promise<Work | undefined>;
  /** The event with its fields, for log lines. */
  describe(stored: StoredEvent): string;
  /** What Nest's UnhandledExceptionBus calls the cause: the event, or the saga's name. */
  cause(stored: StoredEvent): object | string;
}

/** Sagas only store commands, so their events can share a commit. */
const SAGA_BATCH = 100;

interface Dependencies {
  readonly catalog: MessageCatalog;
  readonly settings: Settings;
  readonly send: (command: ICommand) => Promise<void>;
}

/** Makes the consumers of an application; throws where two have one name, or a name is missing that must be given. */
export function makeConsumers(found: Found, dependencies: Dependencies): Consumer[] {
  const durable = found.eventHandlers.filter((handler) => !phaseOf(handler.target));
  for (const event of found.eventHandlers.flatMap((handler) => handler.events)) {
    if (dependencies.settings.strictNames && !describeMessage(event).named)
      throw new MessagingUsageError(`${event.name} is stored, so it needs a stable name: @Message('…')`);
    dependencies.catalog.add(event);
  }
  const consumers = [
    ...durable.map((handler) => handlerConsumer(handler, dependencies)),
    ...found.sagas.map((saga) => sagaConsumer(saga, dependencies)),
  ];
  const names = new Set<string>();
  for (const { name } of consumers) {
    if (names.has(name)) throw new MessagingUsageError(`two consumers are called "${name}": @Consumer gives a name`);
    names.add(name);
  }
  return consumers;
}

function handlerConsumer(handler: FoundEventHandler, dependencies: Dependencies): Consumer {
  const { catalog, settings } = dependencies;
  const options = consumerOptions(handler.target);
  if (settings.strictNames && !options.name) {
    throw new MessagingUsageError(`${handler.target.name} needs a stable name: @Consumer('…')`);
  }
  const decode = decoderOf(catalog);
  return {
    name: options.name ?? handler.target.name,
    types: handler.events.map((event) => describeMessage(event).name).sort(),
    retry: (options.retry ?? settings.retry).map(milliseconds),
    batch: options.batch ?? 1,
    from: options.from ?? 'now',
    parkKey: (stored) => options.parkBy?.(decode(stored)) ?? streamKey(stored),
    describe: (stored) => catalog.describe(stored),
    cause: (stored) => catalog.rebuild(stored),
    prepare: async (stored, attempt) => {
      const event = decode(stored);
      const context = contextOf(stored, attempt);
      return () => withMessage(context, () => handler.handle(event, context));
    },
  };
}

function sagaConsumer(saga: FoundSaga, { catalog, settings, send }: Dependencies): Consumer {
  const decode = decoderOf(catalog);
  return {
    name: `${saga.target.name}.${saga.property}`,
    retry: settings.retry,
    batch: SAGA_BATCH,
    from: 'now',
    parkKey: streamKey,
    describe: (stored) => catalog.describe(stored),
    cause: () => saga.property,
    prepare: async (stored, attempt) => {
      const context = contextOf(stored, attempt);
      const event = decode(stored);
      const commands = await withMessage(context, () => runSaga(saga, event));
      if (commands.length === 0) return undefined;
      return () =>
        withMessage(context, async () => {
          for (const command of commands) await send(command);
        });
    },
  };
}

/** The context of the request that published it is gone; one of its own lets sagas hand a context on, as they do. */
function decoderOf(catalog: MessageCatalog): (stored: StoredEvent) => object {
  return ({ type, payload }) => {
    const event = catalog.decode(type, payload);
    new AsyncContext().attachTo(event);
    return event;
  };
}

function contextOf(stored: StoredEvent, attempt: number): MessageContext {
  const { eventId: messageId, headers, stream, position, occurredAt } = stored;
  return { messageId, attempt, headers, stream, position, occurredAt };
}

/** An event without a stream holds up no other. */
function streamKey({ stream, eventId }: StoredEvent): string {
  return stream ? `${stream.type}-${stream.id}` : eventId;
}
