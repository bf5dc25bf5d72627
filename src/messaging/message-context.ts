import { AsyncLocalStorage } from 'node:async_hooks';
import { context as spans, ROOT_CONTEXT } from '@opentelemetry/api';
import type { Stream } from './message.js';

/** What travels with every message that is recorded while this scope is active. */
export interface MessageHeaders {
  /** The same for everything that one request set off. */
  readonly correlationId?: string;
  /** The message that led to this one. */
  readonly causationId?: string;
  /** Who asked for it. */
  readonly actor?: string;
  /** W3C trace context: the span in which the message was recorded. */
  readonly traceparent?: string;
  readonly tracestate?: string;
}

/** The message that is being handled: the second argument of `handle` and `execute`. */
export interface MessageContext {
  /** The event's id, or the queued command's: the key for idempotent calls to other systems. */
  readonly messageId: string;
  /** Counted from 1. */
  readonly attempt: number;
  readonly headers: MessageHeaders;
  /** The stream of the event that is handled, or that led to the command. */
  readonly stream?: Stream;
  /** An event's place in the log; final once the handler's transaction is committed, so outside of it use the id. */
  readonly position?: number;
  readonly occurredAt?: Date;
  /** Aborted at an outside command's timeout and at shutdown. */
  readonly signal?: AbortSignal;
}

interface Scope {
  readonly headers: MessageHeaders;
  readonly context?: MessageContext;
}

const scopes = new AsyncLocalStorage<Scope>();

export function currentHeaders(): MessageHeaders {
  return scopes.getStore()?.headers ?? {};
}

/** The message being handled, or undefined in a request. */
export function currentMessage(): MessageContext | undefined {
  return scopes.getStore()?.context;
}

/** Runs `fn` so that everything it records carries these headers. */
export function withHeaders<T>(headers: MessageHeaders, fn: () => T): T {
  return scopes.run({ ...scopes.getStore(), headers: { ...currentHeaders(), ...headers } }, fn);
}

/** Runs a handler in the scope of its message: what it records is caused by that message. */
export function withMessage<T>(context: MessageContext, fn: () => T): T {
  return scopes.run({ headers: { ...context.headers, causationId: context.messageId }, context }, fn);
}

/** Runs `fn` for nobody: what it starts outlives the request, and handles messages of others. */
export function apart<T>(fn: () => T): T {
  return spans.with(ROOT_CONTEXT, () => scopes.exit(fn));
}
