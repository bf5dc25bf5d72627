import { HttpException, Logger } from '@nestjs/common';
import type { FastifyAdapter, NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import { answerWithProblem, ProblemDetailsFilter } from './problem-details.filter.js';
import { DrainingAdapter } from './draining-adapter.js';
import { serveOpenApi } from './openapi.js';
import { assignCorrelationId, RequestScope } from './request-scope.js';
import { inTrace, traceRequest } from './request-trace.js';
import { RequestValidationPipe } from './request-validation.pipe.js';
import { StrayQuery } from './stray-query.js';

const BODY_LIMIT = 1024 * 1024;

/** For `NestFactory.create`: the body's parser is registered below, and webhooks are signed over the raw body. */
export const HTTP_OPTIONS = { bodyParser: false, rawBody: true } as const;

export function httpAdapter(): FastifyAdapter {
  // An URL that Fastify can't read reaches neither its hooks nor Nest's filters.
  return new DrainingAdapter({
    frameworkErrors: (error: FastifyError, request: FastifyRequest, reply: FastifyReply) => {
      const readable = new HttpException(error.message, error.statusCode ?? 400);
      assignCorrelationId(request, reply, () => answerWithProblem(readable, request, reply));
    },
  });
}

/**
 * What every route has in common, of an application made with {@link httpAdapter} and {@link HTTP_OPTIONS}.
 *
 * `docs: false` is for jest, which can't load the server of the pages' files.
 */
export function configureHttp(app: NestFastifyApplication, { docs = true } = {}): void {
  const fastify = app.getHttpAdapter().getInstance();
  // JSON alone: a page of another origin may send forms and plain text unasked, to a service on the loopback too.
  fastify.removeAllContentTypeParsers();
  app.useBodyParser('application/json', { bodyLimit: BODY_LIMIT });
  fastify.addHook('onRequest', assignCorrelationId);
  fastify.addHook('onRequest', traceRequest);
  fastify.addHook('onResponse', logRequests());
  app.useGlobalInterceptors(new RequestScope(), new StrayQuery());
  app.useGlobalPipes(new RequestValidationPipe());
  app.useGlobalFilters(new ProblemDetailsFilter());
  if (docs) serveOpenApi(app);
}

function logRequests() {
  const logger = new Logger('http');
  return (request: FastifyRequest, reply: FastifyReply, done: () => void): void => {
    const { method, url, correlationId } = request;
    // A query may name a person: customers are found by mail.
    const [path] = url.split('?');
    const line = { msg: `${method} ${path} ${reply.statusCode}`, ms: Math.round(reply.elapsedTime), correlationId };
    inTrace(request, () => logger.debug(line));
    done();
  };
}
