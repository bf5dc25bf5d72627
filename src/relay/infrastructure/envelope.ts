import type { Envelope } from 'rabbitmq-client';
import type { RelayedEvent } from '../../messaging/index.js';

/** An event's properties and headers, as CloudEvents has them; the body is the event's data. The actor stays inside. */
export function envelopeOf({ id, type, stream, occurredAt, ...event }: RelayedEvent): Envelope {
  const { correlationId, causationId, traceparent } = event.headers;
  return {
    routingKey: type,
    durable: true,
    messageId: id,
    type,
    appId: 'aftercommit',
    contentType: 'application/json',
    correlationId,
    timestamp: Math.floor(occurredAt.getTime() / 1_000),
    headers: {
      position: event.position,
      incarnation: event.incarnation,
      schemaVersion: event.version,
      streamType: stream?.type,
      streamId: stream?.id,
      streamVersion: stream?.version ?? undefined,
      occurredAt: occurredAt.toISOString(),
      causationId,
      traceparent,
    },
  };
}
