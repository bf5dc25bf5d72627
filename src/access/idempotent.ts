import { createHash } from 'node:crypto';
import { createParamDecorator, HttpException, Injectable } from '@nestjs/common';
import type { ExecutionContext, PipeTransform } from '@nestjs/common';
import { ApiHeader } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { DomainError } from '../kernel/domain-error.js';
import { IdempotencyInProgressError, IdempotencyKeyReusedError, IdempotencyKeys } from '../messaging/index.js';
import { nameOf, type Caller } from './caller.js';

/** Runs `fn` once per idempotency key of the caller, and yields the id that the first run returned. */
export type Once = (fn: () => Promise<string>) => Promise<string>;

interface Exchange {
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
}

@Injectable()
export class OncePerKey implements PipeTransform<Exchange, Once> {
  constructor(private readonly keys: IdempotencyKeys) {}

  transform({ request, reply }: Exchange): Once {
    const key = idempotencyKeyOf(request);
    return async (fn) => {
      const scope = { caller: nameOf(request.caller as Caller), key, fingerprint: fingerprintOf(request) };
      const { result, replayed } = await this.keys.once(scope, fn).catch(refuse);
      if (replayed) reply.header('Idempotency-Replayed', 'true');
      return result;
    };
  }
}

const exchange = createParamDecorator((_: unknown, context: ExecutionContext): Exchange => {
  const http = context.switchToHttp();
  return { request: http.getRequest(), reply: http.getResponse() };
});

const header = ApiHeader({
  name: 'Idempotency-Key',
  required: true,
  description:
    'Chosen by the caller; repeating a request with its key repeats the answer, not the effect. Kept for 72 h.',
  schema: { type: 'string', minLength: 1, maxLength: 255 },
});

/** Gives the parameter a {@link Once}, and makes the header `Idempotency-Key` mandatory on the route. */
export function Idempotent(): ParameterDecorator {
  return (target, method, index) => {
    exchange(OncePerKey)(target, method, index);
    header(target, method as string, Object.getOwnPropertyDescriptor(target, method as string) as PropertyDescriptor);
  };
}

function idempotencyKeyOf(request: FastifyRequest): string {
  const key = request.headers['idempotency-key'];
  if (typeof key === 'string' && /^[\x20-\x7e]{1,255}$/.test(key)) return key;
  const message = 'The header Idempotency-Key is needed: 1 to 255 printable ASCII characters.';
  throw new HttpException({ code: 'IDEMPOTENCY_KEY_REQUIRED', message }, 400);
}

/** Tells whether two requests ask for the same, however their JSON is laid out. */
export function fingerprintOf({ method, url, body }: Pick<FastifyRequest, 'method' | 'url' | 'body'>): string {
  const canonical = JSON.stringify([method, url, body], (_, value) => (isObject(value) ? sorted(value) : value));
  return createHash('sha256').update(canonical).digest('hex');
}

const isObject = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const sorted = (value: object) => Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));

function refuse(error: unknown): never {
  if (error instanceof IdempotencyInProgressError) {
    throw new DomainError(
      'IDEMPOTENCY_IN_PROGRESS',
      'conflict',
      'A request with this idempotency key is still running.',
    );
  }
  if (error instanceof IdempotencyKeyReusedError) {
    throw new DomainError('IDEMPOTENCY_KEY_REUSED', 'invalid', 'The idempotency key was used with another request.');
  }
  throw error;
}
