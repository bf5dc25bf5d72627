import { describe, expect, it } from '@jest/globals';
import { HttpException, Logger, NotFoundException } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { DomainError, type DomainErrorKind } from '../../../src/kernel/domain-error.js';
import { answerWithProblem } from '../../../src/operations/problem-details.filter.js';

const request = { method: 'POST', url: '/v1/orders?a=1', correlationId: 'corr-1' } as FastifyRequest;

class Recorder {
  sent = false;
  code = 0;
  contentType = '';
  readonly headers: Record<string, string> = {};
  body: Record<string, unknown> = {};

  status = (code: number) => Object.assign(this, { code });
  type = (contentType: string) => Object.assign(this, { contentType });
  header = (name: string, value: string) => Object.assign(this.headers, { [name]: value });
  send = (body: Record<string, unknown>) => Object.assign(this, { body, sent: true });
}

function answerTo(error: unknown): Recorder {
  const reply = new Recorder();
  Logger.overrideLogger(false);
  answerWithProblem(error, request, reply as unknown as FastifyReply);
  return reply;
}

describe('an error of the domain', () => {
  it.each<[DomainErrorKind, number]>([
    ['not-found', 404],
    ['conflict', 409],
    ['invalid', 422],
    ['forbidden', 403],
    ['unavailable', 503],
    ['precondition-required', 428],
    ['precondition-failed', 412],
  ])('of the kind %s is %i', (kind, status) => {
    expect(answerTo(new DomainError('A_CODE', kind, 'Why.'))).toMatchObject({ code: status, body: { status } });
  });

  it('becomes a complete problem document, with its own members', () => {
    const reply = answerTo(new DomainError('ORDER_ALREADY_SHIPPED', 'conflict', 'It left.', { shippedAt: 'today' }));

    expect(reply.contentType).toBe('application/problem+json');
    expect(reply.body).toEqual({
      type: 'urn:aftercommit:problem:order-already-shipped',
      title: 'Order already shipped',
      status: 409,
      code: 'ORDER_ALREADY_SHIPPED',
      detail: 'It left.',
      instance: '/v1/orders',
      correlationId: 'corr-1',
      shippedAt: 'today',
    });
  });

  it('can replace no member of the document by one of its own', () => {
    const reply = answerTo(new DomainError('A_CODE', 'conflict', 'Why.', { status: 200, code: 'OTHER' }));

    expect(reply.body).toMatchObject({ status: 409, code: 'A_CODE' });
  });
});

describe('an HTTP exception', () => {
  it('has the code of its status, or its own', () => {
    const own = new HttpException({ code: 'IF_MATCH_REQUIRED', message: 'Say which version.', currentVersion: 3 }, 428);

    expect(answerTo(new NotFoundException('Nothing here.')).body).toMatchObject({
      code: 'NOT_FOUND',
      detail: 'Nothing here.',
    });
    expect(answerTo(own).body).toMatchObject({
      status: 428,
      code: 'IF_MATCH_REQUIRED',
      detail: 'Say which version.',
      currentVersion: 3,
    });
  });
});

describe('an error of the database', () => {
  const withCode = (code: string) => Object.assign(new Error('connection to 10.0.0.1 failed'), { code });

  it.each(['40001', '40P01', '55P03', '57P01', '08006', '53300', 'ECONNREFUSED'])('that passes (%s) is 503', (code) => {
    const reply = answerTo(withCode(code));

    expect(reply).toMatchObject({ code: 503, headers: { 'Retry-After': '1' } });
    expect(JSON.stringify(reply.body)).not.toContain('10.0.0.1');
  });

  it.each(['23505', '22P02', '42P01'])('that is a fault of ours (%s) is 500', (code) => {
    expect(answerTo(withCode(code))).toMatchObject({ code: 500, body: { code: 'INTERNAL' } });
  });
});

describe('anything else that was thrown', () => {
  it.each([[new Error('secret')], ['secret'], [null], [undefined], [{ secret: 1 }]])(
    'is told without what it says: %p',
    (thrown) => {
      const reply = answerTo(thrown);

      expect(reply).toMatchObject({ code: 500, body: { code: 'INTERNAL', correlationId: 'corr-1' } });
      expect(JSON.stringify(reply.body)).not.toContain('secret');
    },
  );
});
