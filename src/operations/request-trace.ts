import {
  type Context,
  context,
  propagation,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  trace,
} from '@opentelemetry/api';
import type { FastifyReply, FastifyRequest, HookHandlerDoneFunction } from 'fastify';

declare module 'fastify' {
  interface FastifyRequest {
    /** What the request does belongs to its span. */
    traceContext?: Context;
  }
}

const tracer = trace.getTracer('aftercommit.http');

/** The methods that OpenTelemetry's conventions for HTTP know; others are told of as `_OTHER`. */
const METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'CONNECT', 'OPTIONS', 'TRACE', 'PATCH']);

/**
 * A Fastify hook. Gives the request a span, a child of the one that its headers name, unless an instrumentation has made
 * one already. The query is left out, since it may name persons.
 */
export function traceRequest(request: FastifyRequest, reply: FastifyReply, done: HookHandlerDoneFunction): void {
  request.traceContext = context.active();
  if (!trace.getSpan(request.traceContext)) {
    const parent = propagation.extract(ROOT_CONTEXT, request.headers);
    const span = startSpan(request, parent);
    request.traceContext = trace.setSpan(parent, span);
    // Also of a request whose caller has gone.
    reply.raw.once('close', () => end(span, reply));
  }
  done();
}

/** Runs what belongs to a request. */
export function inTrace<T>({ traceContext = context.active() }: FastifyRequest, fn: () => T): T {
  return context.with(traceContext, fn);
}

function startSpan({ method, url, protocol, routeOptions, host }: FastifyRequest, parent: Context): Span {
  const known = METHODS.has(method);
  const route = routeOptions.url;
  const attributes = {
    'http.request.method': known ? method : '_OTHER',
    'http.route': route,
    'url.path': url.split('?')[0],
    'url.scheme': protocol,
    'server.address': host.replace(/:\d+$/, ''),
  };
  const name = [known ? method : 'HTTP', route].filter(Boolean).join(' ');
  return tracer.startSpan(name, { kind: SpanKind.SERVER, attributes }, parent);
}

function end(span: Span, { raw, statusCode }: FastifyReply): void {
  if (raw.headersSent) span.setAttribute('http.response.status_code', statusCode);
  if (statusCode >= 500) {
    span.setAttribute('error.type', String(statusCode));
    span.setStatus({ code: SpanStatusCode.ERROR });
  }
  span.end();
}
