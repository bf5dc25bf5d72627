import { type CallHandler, createParamDecorator, type ExecutionContext, UseInterceptors } from '@nestjs/common';
import { ApiHeader } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { tap } from 'rxjs';
import type { ExpectedVersions } from './aggregate.js';
import { DomainError } from './domain-error.js';

/** Sets a header of the response from what the route answers. */
export function AnswerHeader<T>(name: string, value: (answer: T) => string): MethodDecorator {
  return UseInterceptors({
    intercept(context: ExecutionContext, next: CallHandler<T>) {
      const reply = context.switchToHttp().getResponse<FastifyReply>();
      return next.handle().pipe(tap((answer) => void reply.header(name, value(answer))));
    },
  });
}

const expectedVersions = createParamDecorator((required: boolean, context: ExecutionContext): ExpectedVersions => {
  const header = context.switchToHttp().getRequest<FastifyRequest>().headers['if-match'];
  if (header !== undefined) return versionsIn(header);
  if (!required) return undefined;
  const message = 'The header If-Match is needed: the ETag of the version that is to be changed.';
  throw new DomainError('IF_MATCH_REQUIRED', 'precondition-required', message);
});

/** RFC 9110, section 13.1.1. What is no strong entity tag of ours matches nothing. */
function versionsIn(header: string): ExpectedVersions {
  if (header.trim() === '*') return undefined;
  const tags = header.split(',').map((tag) => /^"(\d{1,9})"$/.exec(tag.trim())?.[1]);
  return tags.filter((tag) => tag !== undefined).map(Number);
}

/**
 * Gives the parameter the versions that the header `If-Match` names, for {@link Aggregate.mustBeAt}. Without the header
 * the answer is 428, or any version will do where it is optional.
 */
export function IfMatch({ optional = false } = {}): ParameterDecorator {
  const header = ApiHeader({
    name: 'If-Match',
    required: !optional,
    description: 'The ETag of the version that is to be changed; 412 when it has changed meanwhile.',
    schema: { type: 'string' },
  });
  return (target, method, index) => {
    expectedVersions(!optional)(target, method, index);
    header(target, method as string, Object.getOwnPropertyDescriptor(target, method as string) as PropertyDescriptor);
  };
}
