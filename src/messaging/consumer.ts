import { AsyncContext, type ICommand } from '@nestjs/cqrs';
import type { MessageCatalog } from './catalog.js';
import { consumerOptions, phaseOf } from './decorators.js';
import type { Found, FoundEventHandler, FoundRelay, FoundSaga } from './discovery.js';
import { MessagingUsageError, Unavailable } from './errors.js';
import type { StoredEvent } from './event-log.js';
import { describeMessage } from './message.js';
import { type MessageContext, withMessage } from './message-context.js';
import { milliseconds, type Settings } from './options.js';
import { relayOptions, toRelayed } from './relay.js';
import { runSaga } from './saga.js';
import { withTimeout } from './timeout.js';

/** The work that an event means for a consumer; it runs inside a unit of work, or outside where the consumer does. */
export type Work = () => Promise<void>;

/** One durable subscriber: an event handler, a saga or a relay. */
export interface Consumer {
  readonly name: string;
  /** The event types that it handles, sorted; undefined for all. */
  readonly types?: readonly string[];
  readonly retry: readonly number[];
  /** Whether its work and its progress are one transaction; else the work is done first, at least once. */
  readonly transaction: boolean;
  /** Events that may share a transaction, or a step of progress. */
  readonly batch: number;
  readonly from: 'now' | 'beginning';
  /** What waits behind a failing event. */
  parkKey(stored: StoredEvent): string;
  /** What to do about an event, or undefined for nothing. Runs outside the unit of work. */
  prepare(stored: StoredEvent, attempt: number): Promise<Work | undefined>;
  /** The work of several events at once; where it is missing each one's own is done in turn. */
  readonly together?: (stored: readonly StoredEvent[]) => Work;
  /** The event with its fields, for log lines. */
  describe(stored: StoredEvent): string;
  /** What Nest's UnhandledExceptionBus calls the cause: the event, or the saga's name. */
  cause(stored: StoredEvent): object | string;
}

/**
 * Of what can share a commit: sagas, which only store commands, handlers that take several events, and relays, where a page
 * costs a broker's confirmation. More would save little, and only be repeated after a failure.
 */
const BATCH = 100;
/** Of work outside a transaction, as of queued commands. */
const DEFAULT_TIMEOUT = '15s';

interface Dependencies {
  readonly catalog: MessageCatalog;
  readonly settings: Settings;
  readonly send: (command: ICommand) => Promise<void>;
  readonly incarnation: () => Promise<string>;
  /** Aborted when a shutdown has waited long enough. */
  readonly shutdown: AbortSignal;
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
    ...found.relays.map((relay) => relayConsumer(relay, dependencies)),
  ];
  const names = new Set<string>();
  for (const { name } of consumers) {
    if (names.has(name)) throw new MessagingUsageError(`two consumers are called "${name}": @Consumer gives a name`);
    names.add(name);
  }
  return consumers;
}

function handlerConsumer(handler: FoundEventHandler, { catalog, settings, shutdown }: Dependencies): Consumer {
  const options = consumerOptions(handler.target);
  const { transaction = true, batch = handler.handleBatch ? BATCH : 1 } = options;
  if (settings.strictNames && !options.name) {
    throw new MessagingUsageError(`${handler.target.name} needs a stable name: @Consumer('…')`);
  }
  const decode = decoderOf(catalog);
  const timeout = milliseconds(options.timeout ?? DEFAULT_TIMEOUT);
  const inTime = (work: (signal?: AbortSignal) => Promise<void>) =>
    transaction ? work() : abortable(timeout, shutdown, work);
  const handle = (event: object, context: MessageContext): Promise<void> =>
    inTime((signal) => handler.handle(event, signal ? { ...context, signal } : context));
  const together = (page: readonly StoredEvent[]) => async () => {
    const events = page.map(decode);
    const contexts = page.map((stored) => contextOf(stored, 1));
    await inTime((signal) =>
      handler.handleBatch!(events, signal ? contexts.map((context) => ({ ...context, signal })) : contexts),
    );
  };
  return {
    name: options.name ?? handler.target.name,
    transaction,
    types: handler.events.map((event) => describeMessage(event).name).sort(),
    retry: (options.retry ?? settings.retry).map(milliseconds),
    batch,
    from: options.from ?? 'now',
    parkKey: (stored) => options.parkBy?.(decode(stored)) ?? streamKey(stored),
    describe: (stored) => catalog.describe(stored),
    cause: (stored) => catalog.rebuild(stored),
    prepare: async (stored, attempt) => {
      const context = contextOf(stored, attempt);
      // Of a batch each event would be decoded twice.
      const decoded = handler.handleBatch ? undefined : decode(stored);
      return () => withMessage(context, () => handle(decoded ?? decode(stored), context));
    },
    together: handler.handleBatch && together,
  };
}

function sagaConsumer(saga: FoundSaga, { catalog, settings, send }: Dependencies): Consumer {
  const decode = decoderOf(catalog);
  return {
    name: `${saga.target.name}.${saga.property}`,
    transaction: true,
    retry: settings.retry,
    batch: BATCH,
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

function relayConsumer(relay: FoundRelay, { catalog, settings, shutdown, incarnation }: Dependencies): Consumer {
  const { name, batch = BATCH, from = 'now' } = relayOptions(relay.target)!;
  const timeout = milliseconds(DEFAULT_TIMEOUT);
  const publish = (page: readonly StoredEvent[]) => async () => {
    const current = await incarnation();
    const events = page.map((stored) => toRelayed(stored, current));
    await abortable(timeout, shutdown, (signal) => relay.publish(events, signal)).catch((error: unknown) => {
      // A broker that says nothing is no fault of the events.
      throw isTimeout(error) ? new Unavailable(`no confirmation within ${DEFAULT_TIMEOUT}`) : error;
    });
  };
  return {
    name,
    transaction: false,
    retry: settings.retry,
    batch,
    from,
    parkKey: streamKey,
    describe: (stored) => catalog.describe(stored),
    cause: (stored) => catalog.rebuild(stored),
    prepare: async (stored) => publish([stored]),
    together: publish,
  };
}

/** Runs work outside a transaction; a shutdown that can't wait any longer is no attempt. */
async function abortable(
  timeout: number,
  shutdown: AbortSignal,
  work: (signal: AbortSignal) => Promise<void>,
): Promise<void> {
  try {
    await withTimeout(timeout, shutdown, work);
  } catch (error) {
    throw shutdown.aborted ? new Unavailable('the service is shutting down', { cause: error }) : error;
  }
}

function isTimeout(error: unknown): boolean {
  return error instanceof DOMException && error.name === 'TimeoutError';
}

/** The context of the request that published it is gone; one of its own lets sagas hand a context on, as they do. */
function decoderOf(catalog: MessageCatalog): (stored: StoredEvent) => object {
  return (stored) => {
    const event = catalog.decode(stored);
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
