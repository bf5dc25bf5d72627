import { Injectable, type CallHandler, type ExecutionContext, type NestInterceptor } from '@nestjs/common';
import type { FastifyReply, FastifyRequest, HookHandlerDoneFunction } from 'fastify';
import { Observable } from 'rxjs';
import { v7 } from 'uuid';
import { nameOf } from '../access/index.js';
import { withHeaders } from '../messaging/index.js';
import { inTrace } from './request-trace.js';

const TRACEPARENT = /^[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}$/;

/** A Fastify hook. The id is the caller's own if there is one, and goes back to the caller with every answer. */
export function assignCorrelationId(request: FastifyRequest, reply: FastifyReply, done: HookHandlerDoneFunction): void {
  request.correlationId = givenId(request) ?? TRACEPARENT.exec(traceparentOf(request) ?? '')?.[1] ?? v7();
  reply.header('X-Correlation-Id', request.correlationId);
  done();
}

/** Lets everything that a request records carry who asked for it, and the id that joins it. */
@Injectable()
export class RequestScope implements NestInterceptor {
  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    const headers = {
      correlationId: request.correlationId,
      actor: request.caller ? nameOf(request.caller) : 'anyone',
      traceparent: traceparentOf(request),
    };
    // Nest runs the pipes and the handler when somebody subscribes.
    return new Observable((subscriber) =>
      inTrace(request, () => withHeaders(headers, () => next.handle().subscribe(subscriber))),
    );
  }
}

function givenId(request: FastifyRequest): string | undefined {
  const id = request.headers['x-correlation-id'];
  return typeof id === 'string' && /^[\x21-\x7e]{1,128}$/.test(id) ? id : undefined;
}

function traceparentOf(request: FastifyRequest): string | undefined {
  const { traceparent } = request.headers;
  return typeof traceparent === 'string' && TRACEPARENT.test(traceparent) ? traceparent : undefined;
}
