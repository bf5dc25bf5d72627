import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import type { Role } from './roles.js';

/** Who calls. A customer's id is the customer id; an operator's or integration's is the name of its API key. */
export interface Caller {
  readonly role: Role;
  readonly id: string;
}

declare module 'fastify' {
  interface FastifyRequest {
    /** Set by the access guard; absent on public routes. */
    caller?: Caller;
  }
}

/** The caller in one word, unique over all roles: the `actor` of what follows. */
export function nameOf(caller: Caller): string {
  return `${caller.role}:${caller.id}`;
}

/** The customer whose things the caller is limited to, if any. */
export function ownerFor(caller: Caller): string | undefined {
  return caller.role === 'customer' ? caller.id : undefined;
}

/** The {@link Caller} of the request; not for routes that are `@Public()`. */
export const CurrentCaller = createParamDecorator((_: unknown, context: ExecutionContext): Caller => {
  const { caller } = context.switchToHttp().getRequest<FastifyRequest>();
  if (!caller) throw new Error(`${context.getClass().name}.${context.getHandler().name} is public: it has no caller.`);
  return caller;
});
