import { describe, expect, it } from '@jest/globals';
import { ForbiddenException, UnauthorizedException, type ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { AccessGuard } from '../../../src/access/access.guard.js';
import { Callers } from '../../../src/access/callers.js';
import { Public, Roles } from '../../../src/access/index.js';
import { readConfig } from '../../../src/app.config.js';

class Routes {
  @Roles('operator')
  forOperators() {}

  @Roles('customer', 'operator')
  forBoth() {}

  @Public()
  forAnyone() {}

  forgotten() {}
}

const keysOnly = new AccessGuard(new Callers(readConfig({ AUTH_KEYS: `ann:operator:${'0'.repeat(64)}` })));
const trusting = new AccessGuard(new Callers(readConfig({})));

function callOf(route: keyof Routes, headers: Record<string, string> = {}) {
  const request = { headers } as FastifyRequest;
  const answered: Record<string, string> = {};
  const reply = { header: (name: string, value: string) => (answered[name] = value) };
  const context = {
    getHandler: () => Routes.prototype[route],
    switchToHttp: () => ({ getRequest: () => request, getResponse: () => reply }),
  } as unknown as ExecutionContext;
  return { context, request, answered };
}

describe('a route that names roles', () => {
  it('is open to a caller of one of them, whom the request then carries', async () => {
    const { context, request } = callOf('forBoth', { 'x-customer-id': 'c-1' });

    expect(await trusting.canActivate(context)).toBe(true);
    expect(request.caller).toEqual({ role: 'customer', id: 'c-1' });
  });

  it('is closed to a caller of another', async () => {
    const { context } = callOf('forOperators', { 'x-customer-id': 'c-1' });

    await expect(trusting.canActivate(context)).rejects.toThrow(ForbiddenException);
  });

  it('asks an unknown caller for a credential', async () => {
    const { context, answered } = callOf('forOperators');

    await expect(keysOnly.canActivate(context)).rejects.toThrow(UnauthorizedException);
    expect(answered).toEqual({ 'WWW-Authenticate': 'Bearer' });
  });
});

describe('a route that is public', () => {
  it('is open without a credential', async () => {
    expect(await keysOnly.canActivate(callOf('forAnyone').context)).toBe(true);
  });
});

describe('a route that says nothing', () => {
  it('is closed to everyone', async () => {
    await expect(trusting.canActivate(callOf('forgotten').context)).rejects.toThrow(ForbiddenException);
  });
});
