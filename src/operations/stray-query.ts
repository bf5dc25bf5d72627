import {
  HttpException,
  Injectable,
  type CallHandler,
  type ExecutionContext,
  type NestInterceptor,
} from '@nestjs/common';
import { ROUTE_ARGS_METADATA } from '@nestjs/common/constants.js';
import { RouteParamtypes } from '@nestjs/common/enums/route-paramtypes.enum.js';
import type { FastifyRequest } from 'fastify';
import type { Observable } from 'rxjs';

/** Refuses query parameters on a route that takes none; where one takes some, its schema refuses the others. */
@Injectable()
export class StrayQuery implements NestInterceptor {
  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const names = Object.keys(context.switchToHttp().getRequest<FastifyRequest>().query ?? {});
    if (names.length === 0 || takesQuery(context)) return next.handle();
    const errors = names.map((name) => ({ pointer: `/${name}`, code: 'unrecognized_keys', detail: 'Unknown.' }));
    throw new HttpException({ code: 'MALFORMED_REQUEST', message: 'It takes no query parameters.', errors }, 400);
  }
}

function takesQuery(context: ExecutionContext): boolean {
  const parameters: object =
    Reflect.getMetadata(ROUTE_ARGS_METADATA, context.getClass(), context.getHandler().name) ?? {};
  return Object.keys(parameters).some((key) => key.startsWith(`${RouteParamtypes.QUERY}:`));
}
