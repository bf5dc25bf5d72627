import {
  type Attributes,
  type Context,
  context,
  createTraceState,
  isSpanContextValid,
  ProxyTracerProvider,
  ROOT_CONTEXT,
  type Span,
  type SpanContext,
  SpanKind,
  SpanStatusCode,
  trace,
} from '@opentelemetry/api';
import type { MessageHeaders } from './message-context.js';

/** Without an SDK in the process, everything that is asked of it does nothing. */
const tracer = trace.getTracer('aftercommit');

const TRACEPARENT = /^[\da-f]{2}-([\da-f]{32})-([\da-f]{16})-([\da-f]{2})/;

type TraceHeaders = Pick<MessageHeaders, 'traceparent' | 'tracestate'>;

/**
 * The active span, as W3C headers: stored messages outlive a deployment's choice of propagators. Baggage stays behind,
 * since it may name persons, and the log is never changed.
 */
export function traceHeaders(): TraceHeaders {
  const active = trace.getSpanContext(context.active());
  if (!active || !isSpanContextValid(active)) return {};
  const { traceId, spanId, traceFlags, traceState } = active;
  const flags = traceFlags.toString(16).padStart(2, '0');
  return { traceparent: `00-${traceId}-${spanId}-${flags}`, tracestate: traceState?.serialize() || undefined };
}

/** What a message's headers say of the span in which it was recorded. */
export function creatorIn({ traceparent = '', tracestate }: TraceHeaders): SpanContext | undefined {
  const [, traceId, spanId, flags] = TRACEPARENT.exec(traceparent) ?? [];
  if (!traceId || !spanId || !flags) return undefined;
  const traceState = tracestate === undefined ? undefined : createTraceState(tracestate);
  const creator = { traceId, spanId, traceFlags: parseInt(flags, 16), traceState, isRemote: true };
  return isSpanContextValid(creator) ? creator : undefined;
}

/** Under the names that OpenTelemetry gives them in logs. */
export interface TraceIds {
  readonly trace_id?: string;
  readonly span_id?: string;
}

/** The span that a log line belongs to; without one, that which the request or the message came from. */
export function traceIds(headers: TraceHeaders, within = context.active()): TraceIds {
  const found = trace.getSpanContext(within) ?? creatorIn(headers);
  return found && isSpanContextValid(found) ? { trace_id: found.traceId, span_id: found.spanId } : {};
}

/** A message in the hands of a handler. */
export interface TracedMessage {
  readonly id: string;
  readonly type: string;
  readonly attempt: number;
  readonly headers: MessageHeaders;
  readonly stream?: { readonly type: string; readonly id: string };
  /** Of an event: who handles it, and where it lies in the log. */
  readonly consumer?: string;
  readonly partition?: number;
  readonly position?: number;
}

export interface Traced {
  readonly span: Span;
  /** What runs in it belongs to the span. */
  readonly context: Context;
}

/**
 * A span for one message, by OpenTelemetry's conventions for messaging, 1.44: the child of the span that recorded the
 * message, and linked with it, whether or not it shares a transaction with others.
 */
export function startProcessing(message: TracedMessage): Traced | undefined {
  if (!hasSdk()) return undefined;
  const creator = creatorIn(message.headers);
  const parent = creator ? trace.setSpanContext(ROOT_CONTEXT, creator) : ROOT_CONTEXT;
  const links = creator ? [{ context: creator }] : [];
  const options = { kind: SpanKind.CONSUMER, attributes: attributesOf(message), links };
  const span = tracer.startSpan(`process ${message.type}`, options, parent);
  return { span, context: trace.setSpan(parent, span) };
}

/** One span for messages that are handled in one call: linked with all spans that recorded them, a child of none. */
export function startBatch(messages: readonly TracedMessage[]): Traced | undefined {
  if (!hasSdk()) return undefined;
  const links = messages.flatMap(({ headers }) => creatorIn(headers) ?? []).map((creator) => ({ context: creator }));
  const { consumer, partition } = messages[0]!;
  const attributes = {
    'messaging.system': 'aftercommit',
    'messaging.operation.name': 'process',
    'messaging.operation.type': 'process',
    'messaging.destination.partition.id': String(partition),
    'messaging.consumer.group.name': consumer,
    'messaging.batch.message_count': messages.length,
  };
  const span = tracer.startSpan('process', { kind: SpanKind.CONSUMER, attributes, links }, ROOT_CONTEXT);
  return { span, context: trace.setSpan(ROOT_CONTEXT, span) };
}

/** The attributes of a span cost ten times what is left without them. */
function hasSdk(): boolean {
  const provider = trace.getTracerProvider();
  return !(provider instanceof ProxyTracerProvider) || provider.getDelegateTracer('aftercommit') !== undefined;
}

/** One literal, because V8 is slow to spread into objects of so many keys. */
function attributesOf({ stream, partition, position, ...message }: TracedMessage): Attributes {
  return {
    'messaging.system': 'aftercommit',
    'messaging.operation.name': 'process',
    'messaging.operation.type': 'process',
    'messaging.destination.name': message.type,
    'messaging.destination.partition.id': partition === undefined ? undefined : String(partition),
    'messaging.consumer.group.name': message.consumer,
    'messaging.message.id': message.id,
    'messaging.message.conversation_id': message.headers.correlationId,
    'messaging.aftercommit.attempt': message.attempt,
    'messaging.aftercommit.position': position,
    'messaging.aftercommit.stream': stream && `${stream.type}-${stream.id}`,
  };
}

/** Runs a handler of the publisher's own process in a span of its own, a child of the one that recorded the event. */
export async function inLocalSpan<T>(
  name: string,
  attributes: Attributes,
  recordedIn: Context,
  handle: () => Promise<T>,
): Promise<T> {
  const span = tracer.startSpan(name, { kind: SpanKind.INTERNAL, attributes }, recordedIn);
  try {
    return await context.with(trace.setSpan(recordedIn, span), handle);
  } catch (error) {
    markFailed(span, error);
    throw error;
  } finally {
    span.end();
  }
}

export function markFailed(span: Span, error: unknown): void {
  const { name, message } = error instanceof Error ? error : new Error(String(error));
  span.setAttribute('error.type', name);
  span.recordException(error instanceof Error ? error : message);
  span.setStatus({ code: SpanStatusCode.ERROR, message });
}
