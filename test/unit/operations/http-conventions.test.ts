import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Body, Controller, Get, Global, HttpCode, Injectable, Module, Param, Post, Query, Res } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { ApiOperation } from '@nestjs/swagger';
import { Test } from '@nestjs/testing';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import { AccessModule } from '../../../src/access/access.module.js';
import { CurrentCaller, Idempotent, Public, Roles, type Caller, type Once } from '../../../src/access/index.js';
import { AppConfig, readConfig } from '../../../src/app.config.js';
import { DomainError } from '../../../src/kernel/domain-error.js';
import { currentHeaders, IdempotencyKeys } from '../../../src/messaging/index.js';
import { configureHttp, HTTP_OPTIONS, httpAdapter } from '../../../src/operations/configure-http.js';
import { describeApi } from '../../../src/operations/openapi.js';

const addNoteRequest = z.strictObject({
  text: z.string().trim().min(1).max(20),
  tags: z.array(z.string()).default([]),
});
const listNotesQuery = z.strictObject({ limit: z.coerce.number().int().min(1).max(100).default(20) });
const noteId = z.uuid();

@Injectable()
class Notes {
  readonly #notes = new Map<string, object>();

  add(note: z.output<typeof addNoteRequest>, author: string): string {
    const id = '0198c0de-0000-7000-8000-000000000001';
    this.#notes.set(id, { id, ...note, author, headers: currentHeaders() });
    return id;
  }

  get(id: string): object {
    const note = this.#notes.get(id);
    if (!note) throw new DomainError('NOTE_NOT_FOUND', 'not-found', `There is no note ${id}.`, { noteId: id });
    return note;
  }
}

@Controller('v1/notes')
class NotesController {
  constructor(private readonly notes: Notes) {}

  @Post()
  @Roles('customer', 'operator')
  @ApiOperation({ summary: 'Add a note' })
  async add(
    @Body({ schema: addNoteRequest }) body: z.output<typeof addNoteRequest>,
    @CurrentCaller() caller: Caller,
    @Idempotent() once: Once,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const id = await once(async () => this.notes.add(body, caller.id));
    reply.header('Location', `/v1/notes/${id}`);
    return this.notes.get(id);
  }

  @Get()
  @Roles('operator')
  @ApiOperation({ summary: 'List notes' })
  list(@Query({ schema: listNotesQuery }) { limit }: z.output<typeof listNotesQuery>) {
    return { data: [], nextCursor: null, limit };
  }

  @Get(':noteId')
  @Roles('customer', 'operator')
  @ApiOperation({ summary: 'Read a note' })
  get(@Param('noteId', { schema: noteId }) id: string) {
    return this.notes.get(id);
  }

  @Post('checks')
  @HttpCode(202)
  @Public()
  @ApiOperation({ summary: 'Fail' })
  check() {
    throw new Error('secret');
  }
}

const first = { once: async (_: unknown, fn: () => Promise<string>) => ({ result: await fn(), replayed: false }) };

@Global()
@Module({
  providers: [
    { provide: AppConfig, useValue: readConfig({}) },
    { provide: IdempotencyKeys, useValue: first },
  ],
  exports: [AppConfig, IdempotencyKeys],
})
class Surroundings {}

@Module({ imports: [Surroundings, AccessModule], controllers: [NotesController], providers: [Notes] })
class NotesModule {}

describe('a controller that follows the HTTP conventions', () => {
  let app: NestFastifyApplication;
  let url: string;

  beforeAll(async () => {
    const module = await Test.createTestingModule({ imports: [NotesModule] }).compile();
    app = module.createNestApplication<NestFastifyApplication>(httpAdapter(), { ...HTTP_OPTIONS, logger: false });
    configureHttp(app, { docs: false });
    await app.listen(0, '127.0.0.1');
    url = await app.getUrl();
  });
  afterAll(() => app.close());

  const call = async (path: string, init: RequestInit = {}) => {
    const response = await fetch(url + path, init);
    const text = await response.text();
    return { status: response.status, headers: response.headers, body: JSON.parse(text) as Record<string, unknown> };
  };
  const json = { 'content-type': 'application/json', 'idempotency-key': 'key-1' };
  const post = (body: string, headers: Record<string, string> = json) =>
    call('/v1/notes', { method: 'POST', headers, body });

  it('answers a creation with 201, the place and the thing, made from what the schema gave', async () => {
    const answer = await post('{"text":"  hello  "}', {
      ...json,
      'x-customer-id': 'c-1',
      'x-correlation-id': 'corr-1',
    });

    expect(answer.status).toBe(201);
    expect(answer.headers.get('location')).toBe('/v1/notes/0198c0de-0000-7000-8000-000000000001');
    expect(answer.body).toMatchObject({ text: 'hello', tags: [], author: 'c-1' });
  });

  it('lets what a request records carry its caller and its correlation id, and echoes the id', async () => {
    const answer = await post('{"text":"x"}', { ...json, 'x-customer-id': 'c-1', 'x-correlation-id': 'corr-1' });

    expect(answer.body.headers).toMatchObject({ actor: 'customer:c-1', correlationId: 'corr-1' });
    expect(answer.headers.get('x-correlation-id')).toBe('corr-1');
  });

  it('takes the correlation id from the trace context, or makes one', async () => {
    const traceId = '0af7651916cd43dd8448eb211c80319c';
    const traced = await call('/v1/notes', { headers: { traceparent: `00-${traceId}-b7ad6b7169203331-01` } });
    const plain = await call('/v1/notes', { headers: { 'x-correlation-id': 'not one word' } });

    expect(traced.headers.get('x-correlation-id')).toBe(traceId);
    expect(plain.headers.get('x-correlation-id')).toMatch(/^[0-9a-f-]{36}$/);
  });

  it('points to every fault of a body', async () => {
    const answer = await post('{"tags":["a",1],"colour":"red","a/b~":1}');

    expect(answer.status).toBe(422);
    expect(answer.headers.get('content-type')).toMatch(/^application\/problem\+json/);
    expect(answer.body).toMatchObject({
      type: 'urn:aftercommit:problem:validation-failed',
      title: 'Validation failed',
      status: 422,
      code: 'VALIDATION_FAILED',
      instance: '/v1/notes',
      correlationId: answer.headers.get('x-correlation-id'),
    });
    const errors = answer.body.errors as { pointer: string }[];
    expect(errors.map(({ pointer }) => pointer).sort()).toEqual(['/a~1b~0', '/colour', '/tags/1', '/text']);
  });

  it.each([
    ['malformed JSON', 400, () => post('{"text":')],
    ['a body with __proto__', 400, () => post('{"text":"x","__proto__":{"a":1}}')],
    ['an empty body', 400, () => post('')],
    ['NUL in a body', 422, () => post(String.raw`{"text":"a\u0000b"}`)],
    ['half a surrogate pair in a body', 422, () => post(String.raw`{"text":"\ud800"}`)],
    ['a body nested 300,000 deep', 422, () => post('['.repeat(300_000) + ']'.repeat(300_000))],
    ['a member nested 100,000 deep', 422, () => post(`{"text":${'['.repeat(100_000)}${']'.repeat(100_000)}}`)],
    [
      'a body of another type',
      415,
      () => post('text=x', { ...json, 'content-type': 'application/x-www-form-urlencoded' }),
    ],
    ['a body of plain text', 415, () => post('x', { ...json, 'content-type': 'text/plain' })],
    [
      'a body without a type',
      415,
      () => call('/v1/notes', { method: 'POST', headers: { 'idempotency-key': 'k' }, body: Buffer.from('{}') }),
    ],
    ['a body over 1 MiB', 413, () => post(`{"text":"${'x'.repeat(1024 * 1024)}"}`)],
    ['no Idempotency-Key', 400, () => post('{"text":"x"}', { 'content-type': 'application/json' })],
    [
      'an Idempotency-Key that is too long',
      400,
      () => post('{"text":"x"}', { ...json, 'idempotency-key': 'k'.repeat(256) }),
    ],
    ['a query out of range', 400, () => call('/v1/notes?limit=0')],
    ['an unknown query parameter', 400, () => call('/v1/notes?order=asc')],
    ['a query where none is taken', 400, () => call('/v1/notes/0198c0de-0000-7000-8000-000000000001?a=1')],
    ['a repeated query parameter', 400, () => call('/v1/notes?limit=1&limit=2')],
    ['a malformed id', 400, () => call('/v1/notes/1')],
    ['NUL in a path', 400, () => call('/v1/notes/%00')],
    ['a malformed escape in a path', 400, () => call('/v1/notes/%zz')],
    ['an id nobody has', 404, () => call('/v1/notes/0198c0de-0000-7000-8000-000000000002')],
    ['an unknown path', 404, () => call('/nowhere')],
    ['an unknown method', 404, () => call('/v1/notes', { method: 'DELETE' })],
    ['a role that the route does not name', 403, () => call('/v1/notes', { headers: { 'x-customer-id': 'c-1' } })],
  ])('answers %s with %i and a problem document', async (_, status, request) => {
    const answer = await request();

    expect(answer.status).toBe(status);
    expect(answer.headers.get('content-type')).toMatch(/^application\/problem\+json/);
    expect(answer.body).toMatchObject({ status, code: expect.stringMatching(/^[A-Z_]+$/), detail: expect.any(String) });
  });

  it('names a hundred faults of a body at most', async () => {
    const answer = await post(JSON.stringify({ text: 'x', tags: Array.from({ length: 1000 }, () => 1) }));

    expect(answer.body.errors).toHaveLength(100);
  });

  it('answers an error of the domain with its code and its members', async () => {
    const answer = await call('/v1/notes/0198c0de-0000-7000-8000-000000000002');

    expect(answer.body).toMatchObject({
      code: 'NOTE_NOT_FOUND',
      title: 'Note not found',
      noteId: '0198c0de-0000-7000-8000-000000000002',
    });
  });

  it('tells nothing of an error that nobody foresaw', async () => {
    const answer = await call('/v1/notes/checks', { method: 'POST' });

    expect(answer.status).toBe(500);
    expect(answer.body).toMatchObject({ code: 'INTERNAL', correlationId: answer.headers.get('x-correlation-id') });
    expect(JSON.stringify(answer.body)).not.toContain('secret');
  });

  it('describes itself', () => {
    const { openapi, paths } = describeApi(app);

    expect(openapi).toBe('3.1.0');
    expect(paths).toMatchObject({
      '/v1/notes': {
        post: {
          summary: 'Add a note',
          'x-roles': ['customer', 'operator'],
          security: expect.arrayContaining([{ apiKey: [] }, { bearer: [] }]),
          parameters: [{ name: 'Idempotency-Key', in: 'header', required: true }],
          requestBody: {
            content: { 'application/json': { schema: { required: ['text'], additionalProperties: false } } },
          },
          responses: { default: { content: { 'application/problem+json': {} } } },
        },
        get: { parameters: [{ name: 'limit', in: 'query', required: false, schema: { minimum: 1, maximum: 100 } }] },
      },
      '/v1/notes/{noteId}': { get: { parameters: [{ name: 'noteId', in: 'path', schema: { format: 'uuid' } }] } },
      '/v1/notes/checks': { post: { 'x-roles': ['public'] } },
    });
  });
});

@Controller('v1/forgotten')
class ForgottenController {
  @Get()
  read() {
    return {};
  }
}

@Module({ imports: [Surroundings, AccessModule], controllers: [ForgottenController] })
class ForgottenModule {}

describe('a route that does not say who may call it', () => {
  it('stops the service from starting', async () => {
    const module = await Test.createTestingModule({ imports: [ForgottenModule] }).compile();

    await expect(module.createNestApplication(httpAdapter(), { logger: false }).init()).rejects.toThrow(
      'Without @Roles or @Public: ForgottenController.read.',
    );
  });
});
