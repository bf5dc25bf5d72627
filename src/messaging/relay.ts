import 'reflect-metadata';
import type { StoredEvent } from './event-log.js';
import type { Stream } from './message.js';
import type { MessageHeaders } from './message-context.js';

/** An event on its way to a message broker: as it is stored, also where no code knows its type; without personal fields. */
export interface RelayedEvent {
  /** The same at every repeat: the broker's message id. */
  readonly id: string;
  readonly type: string;
  /** Of the type's schema. */
  readonly version: number;
  /** The unit of ordering: the broker's key. Undefined for an event without order. */
  readonly stream?: Stream & { readonly version: number | null };
  readonly position: number;
  /** Which log the position belongs to: another one after a restore from a backup. */
  readonly incarnation: string;
  readonly occurredAt: Date;
  readonly data: object;
  readonly headers: MessageHeaders;
}

/**
 * What a class with `@Relay` does: hands events on to a message broker. It gets every event, in order per stream; pages
 * of different streams come at the same time. Filtering is the broker's: a filter here would, after a change, have
 * passed over for good what it left out.
 *
 * | | RabbitMQ | NATS JetStream | Kafka |
 * | --- | --- | --- | --- |
 * | stream: order is kept by | one event of a stream unconfirmed at a time | the same, or `Nats-Expected-Last-Subject-Sequence` | the record's key, with an idempotent producer |
 * | id: repeats are known by | `message-id`, to consumers | `Nats-Msg-Id`, to the server within its window | a header, to consumers |
 * | type: readers choose by | routing key of a topic exchange | subject | topic, or a header |
 * | done when | publisher confirms | PubAck | acks=all |
 */
export interface EventRelay {
  /**
   * Resolves when the broker has taken responsibility for all events. Where it fails all of them come again, so that
   * repeats, with the id of the first, are to be expected; what comes first must come in order per stream.
   *
   * @param signal aborted after 15 s, and at the end of a shutdown's time
   * @throws Unavailable while the broker can't be reached or doesn't confirm: the lane waits and goes on. Any other
   *   error is the events': they are tried one by one, and the one that fails is held like any failing event.
   */
  publish(events: readonly RelayedEvent[], signal: AbortSignal): Promise<void>;
}

export interface RelayOptions {
  /** Where it starts the first time it runs. Default `now`; a replay publishes everything that is kept. */
  readonly from?: 'now' | 'beginning';
  /** Events per page. Default 100. */
  readonly batch?: number;
}

const RELAY = Symbol('aftercommit:relay');

/** Makes a class an {@link EventRelay}; its progress is kept under the name. */
export function Relay(name: string, options: RelayOptions = {}) {
  return (target: abstract new (...args: never[]) => EventRelay): void =>
    Reflect.defineMetadata(RELAY, { ...options, name }, target);
}

export function relayOptions(target: object): (RelayOptions & { readonly name: string }) | undefined {
  return Reflect.getOwnMetadata(RELAY, target);
}

export function toRelayed({ eventId, personal, payload, ...stored }: StoredEvent, incarnation: string): RelayedEvent {
  const { type, version, stream, position, occurredAt, headers } = stored;
  const data = Object.fromEntries(Object.entries(payload).filter(([field]) => !personal.includes(field)));
  return { id: eventId, type, version, stream, position, incarnation, occurredAt, data, headers };
}
