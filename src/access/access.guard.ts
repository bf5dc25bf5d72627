import { ForbiddenException, Injectable, UnauthorizedException } from '@nestjs/common';
import type { CanActivate, ExecutionContext } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Callers } from './callers.js';
import { allowedOn } from './roles.js';

/** Lets a request through only if its route names the caller's role. */
@Injectable()
export class AccessGuard implements CanActivate {
  constructor(private readonly callers: Callers) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const allowed = allowedOn(context.getHandler()) ?? [];
    if (allowed === 'public') return true;

    const request = context.switchToHttp().getRequest<FastifyRequest>();
    request.caller = await this.callers.identify(request.headers);
    if (!request.caller) {
      context.switchToHttp().getResponse<FastifyReply>().header('WWW-Authenticate', 'Bearer');
      throw new UnauthorizedException('A valid API key or token is needed.');
    }
    if (!allowed.includes(request.caller.role)) {
      throw new ForbiddenException(`Not for the role ${request.caller.role}.`);
    }
    return true;
  }
}
