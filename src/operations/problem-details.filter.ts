import { STATUS_CODES } from 'node:http';
import { Catch, HttpException, HttpStatus, Logger, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import { trace } from '@opentelemetry/api';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { DomainError, type DomainErrorKind } from '../kernel/domain-error.js';
import { inTrace } from './request-trace.js';

declare module 'fastify' {
  interface FastifyRequest {
    /** Joins the request, its log lines, and everything that it sets off. */
    correlationId?: string;
  }
}

/** What the client is told: a problem document (RFC 9457) without the members that every one has. */
interface Problem {
  readonly status: number;
  readonly code: string;
  readonly detail: string;
  readonly extras?: Readonly<Record<string, unknown>>;
}

const STATUS_OF: Readonly<Record<DomainErrorKind, number>> = {
  'not-found': 404,
  conflict: 409,
  invalid: 422,
  forbidden: 403,
  unavailable: 503,
  'precondition-required': 428,
  'precondition-failed': 412,
};

/** Of PostgreSQL and of sockets: the same request may well succeed in a moment. */
const PASSING = /^(08|53|40)\w{3}$|^57P0[123]$|^55P03$|^ECONNREFUSED$|^ECONNRESET$/;

const logger = new Logger('http');

/** Answers every error as `application/problem+json`. What nobody foresaw is logged with its stack and told without. */
@Catch()
export class ProblemDetailsFilter implements ExceptionFilter {
  catch(error: unknown, host: ArgumentsHost): void {
    answerWithProblem(error, host.switchToHttp().getRequest(), host.switchToHttp().getResponse());
  }
}

export function answerWithProblem(error: unknown, request: FastifyRequest, reply: FastifyReply): void {
  const problem = problemOf(error);
  if (problem.status >= 500) tell(error, request);
  if (reply.sent) return;
  if (problem.status === 503) void reply.header('Retry-After', '1');
  void reply.status(problem.status).type('application/problem+json').send(documentOf(problem, request));
}

function problemOf(error: unknown): Problem {
  if (error instanceof DomainError) {
    return { status: STATUS_OF[error.kind], code: error.code, detail: error.message, extras: error.extras };
  }
  if (error instanceof HttpException) return problemOfHttp(error);
  if (PASSING.test(codeOf(error))) {
    return {
      status: 503,
      code: 'TEMPORARILY_UNAVAILABLE',
      detail: 'The database is busy or not reachable. Try again.',
    };
  }
  return {
    status: 500,
    code: 'INTERNAL',
    detail: 'Something went wrong on our side; the correlation id leads to the log.',
  };
}

/** An HttpException made of `{ code, message, … }` says its own code; else the status gives one, such as `NOT_FOUND`. */
function problemOfHttp(error: HttpException): Problem {
  const status = error.getStatus();
  const response = error.getResponse();
  const { code, message: _, ...extras } = typeof response === 'object' ? (response as Record<string, unknown>) : {};
  if (typeof code === 'string') return { status, code, detail: error.message, extras };
  return { status, code: HttpStatus[status] ?? 'ERROR', detail: error.message };
}

function documentOf({ status, code, detail, extras }: Problem, request: FastifyRequest): object {
  return {
    ...extras,
    type: `urn:aftercommit:problem:${code.toLowerCase().replaceAll('_', '-')}`,
    title: titleOf(code) || STATUS_CODES[status],
    status,
    code,
    detail,
    instance: pathOf(request),
    correlationId: request.correlationId,
  };
}

function tell(error: unknown, request: FastifyRequest): void {
  const { method, correlationId } = request;
  const stack = error instanceof Error ? error.stack : undefined;
  const line = { msg: `${method} ${pathOf(request)} failed: ${String(error)}`, stack, correlationId };
  inTrace(request, () => {
    trace.getActiveSpan()?.recordException(error instanceof Error ? error : String(error));
    logger.error(line);
  });
}

/** Without the query, which may name a person. */
const pathOf = ({ url }: FastifyRequest) => url.split('?')[0];

function titleOf(code: string): string {
  const words = code.toLowerCase().replaceAll('_', ' ');
  return words.charAt(0).toUpperCase() + words.slice(1);
}

const codeOf = (error: unknown) => (error as { code?: string } | null)?.code ?? '';
