import { v7 } from 'uuid';
import { MessagingUsageError } from './errors.js';
import { type MessageClass, type Stream, describeMessage } from './message.js';
import { currentHeaders } from './message-context.js';
import { partitionOf } from './partition.js';
import { traceHeaders } from './tracing.js';

/** An event as the outbox takes it. */
export interface EncodedEvent {
  readonly id: string;
  readonly stream?: Stream & { readonly version?: number };
  readonly partition: number;
  readonly type: string;
  readonly version: number;
  readonly payload: string;
  readonly headers: string;
  readonly occurredAt: Date;
  readonly personal?: { readonly subjectId: string; readonly data: string };
}

/** A command as the queue takes it. */
export interface EncodedCommand {
  readonly id: string;
  readonly type: string;
  readonly version: number;
  readonly payload: string;
  readonly headers: string;
  readonly key?: string;
  readonly stream?: Stream;
  readonly dueAt: Date;
  readonly dedupeKey?: string;
}

export function encodeEvent(event: object, recorded: EncodedEvent['stream'], occurredAt: Date): EncodedEvent {
  const { name, version, stream: ownStream, personal } = describeMessage(event.constructor as MessageClass);
  const id = v7();
  const [type, key] = ownStream && !recorded ? ownStream(event as never) : [];
  const stream = recorded ?? (type !== undefined && key !== undefined ? { type, id: key } : undefined);
  const payload = encodePayload(event);
  return {
    id,
    stream,
    // An event without a stream has no order to keep: its own id spreads such events over the partitions.
    partition: partitionOf(stream ? `${stream.type}-${stream.id}` : id),
    type: name,
    version,
    personal: personal && { subjectId: personal.subject(event as never), data: takeOut(payload, personal.fields) },
    payload: JSON.stringify(payload),
    headers: encodeHeaders(),
    occurredAt,
  };
}

export function encodeCommand(
  command: object,
  rest: Pick<EncodedCommand, 'key' | 'stream' | 'dueAt' | 'dedupeKey'>,
): EncodedCommand {
  const { name, version } = describeMessage(command.constructor as MessageClass);
  const payload = JSON.stringify(encodePayload(command));
  return { id: v7(), type: name, version, payload, headers: encodeHeaders(), ...rest };
}

/** Rebuilds what a version wrote as a message for one attempt; each gets its own, so that no handler sees what another did to it. */
export function decodeMessage(target: MessageClass, written: object, by: number): object {
  const { schema, version, upcast } = describeMessage(target);
  const payload = by < version && upcast ? upcast(written as Record<string, unknown>, by) : written;
  const fields = schema ? schema.decode(payload as never) : structuredClone(payload);
  return Object.assign(Object.create(target.prototype) as object, fields);
}

function encodeHeaders(): string {
  return JSON.stringify({ ...currentHeaders(), ...traceHeaders() });
}

function encodePayload(message: object): Record<string, unknown> {
  const { schema, name } = describeMessage(message.constructor as MessageClass);
  const plain = { ...message };
  if (!schema) return plain;
  const encoded = schema.safeEncode(plain as never);
  if (encoded.success) return encoded.data;
  throw new MessagingUsageError(`${name} does not fit its schema: ${encoded.error.message}`, { cause: encoded.error });
}

function takeOut(payload: Record<string, unknown>, fields: readonly string[]): string {
  const taken = Object.fromEntries(fields.map((field) => [field, payload[field]]));
  for (const field of fields) delete payload[field];
  return JSON.stringify(taken);
}
