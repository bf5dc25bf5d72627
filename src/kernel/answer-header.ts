import { type CallHandler, type ExecutionContext, UseInterceptors } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { tap } from 'rxjs';

/** Sets a header of the response from what the route answers. */
export function AnswerHeader<T>(name: string, value: (answer: T) => string): MethodDecorator {
  return UseInterceptors({
    intercept(context: ExecutionContext, next: CallHandler<T>) {
      const reply = context.switchToHttp().getResponse<FastifyReply>();
      return next.handle().pipe(tap((answer) => void reply.header(name, value(answer))));
    },
  });
}
