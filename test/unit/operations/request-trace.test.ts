import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { connect } from 'node:net';
import { once } from 'node:events';
import { Body, Controller, Get, Logger as NestLogger, Module, Param, Post, Query } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { context, ROOT_CONTEXT, SpanStatusCode, trace } from '@opentelemetry/api';
import { configureHttp, HTTP_OPTIONS, httpAdapter } from '../../../src/operations/configure-http.js';
import { Logger } from '../../../src/operations/logger.js';
import { eventually } from '../../support/eventually.js';
import {
  asDocumented,
  documented,
  lineTelemetry,
  recordSpans,
  sorted,
  spanTelemetry,
} from '../../support/telemetry.js';

const spanInHandler = () => trace.getActiveSpan()?.spanContext().spanId;

@Controller('v1/notes')
class NotesController {
  @Get(':id')
  read(@Param('id') id: string, @Query('mail') mail?: string) {
    return { id, mail, span: spanInHandler() };
  }

  @Post()
  add(@Body() body: object) {
    return { ...body, span: spanInHandler() };
  }

  @Post('failures')
  fail() {
    throw new Error('broken');
  }

  @Post('endless')
  endless() {
    return new Promise(() => undefined);
  }
}

@Module({ controllers: [NotesController] })
class NotesModule {}

const traceId = '0af7651916cd43dd8448eb211c80319c';
const traceparent = `00-${traceId}-b7ad6b7169203331-01`;
const json = { 'content-type': 'application/json' };

describe('a service with an SDK of OpenTelemetry', () => {
  const exporter = recordSpans();
  const lines: Record<string, unknown>[] = [];
  let app: NestFastifyApplication;
  let url: string;

  beforeAll(async () => {
    app = await NestFactory.create(NotesModule, httpAdapter(), { ...HTTP_OPTIONS, logger: false });
    NestLogger.overrideLogger(
      new Logger({ level: 'debug', destination: { write: (line) => void lines.push(JSON.parse(line)) } }),
    );
    configureHttp(app, { docs: false });
    await app.listen(0, '127.0.0.1');
    url = await app.getUrl();
  });
  afterEach(() => exporter.reset());
  afterAll(async () => {
    NestLogger.overrideLogger(false);
    await app.close();
  });

  const onlySpan = () => eventually(() => exporter.getFinishedSpans().length === 1 && exporter.getFinishedSpans()[0]!);
  const call = async (path: string, init?: RequestInit) => (await fetch(url + path, init)).json() as Promise<any>;

  it('gives a request a span in the trace that it brings, and runs its handler in it', async () => {
    const answer = await call('/v1/notes/7?mail=anna@example.com', { headers: { traceparent } });

    const span = await onlySpan();
    expect(span.name).toBe('GET /v1/notes/:id');
    expect(span.spanContext()).toMatchObject({ traceId, spanId: answer.span });
    expect(span.parentSpanContext?.spanId).toBe('b7ad6b7169203331');
    expect(span.attributes).toMatchObject({ 'url.path': '/v1/notes/7', 'http.response.status_code': 200 });
    expect(JSON.stringify(span.attributes)).not.toContain('anna');
  });

  it('keeps to the span while it reads a body', async () => {
    const answer = await call('/v1/notes', { method: 'POST', headers: json, body: '{"text":"x"}' });

    expect((await onlySpan()).spanContext().spanId).toBe(answer.span);
  });

  it('says that a request failed for a fault of the service', async () => {
    await call('/v1/notes/failures', { method: 'POST' });

    const { status, attributes, events } = await onlySpan();
    expect(status.code).toBe(SpanStatusCode.ERROR);
    expect(attributes).toMatchObject({ 'http.response.status_code': 500, 'error.type': '500' });
    expect(events.map((event) => event.attributes?.['exception.message'])).toEqual(['broken']);
  });

  it('finds no fault with itself for a request to nowhere', async () => {
    await call('/nowhere');

    const { name, status, attributes } = await onlySpan();
    expect(name).toBe('GET');
    expect(status.code).toBe(SpanStatusCode.UNSET);
    expect(attributes['http.response.status_code']).toBe(404);
  });

  it('ends the span of a request whose caller has gone', async () => {
    const socket = connect(Number(new URL(url).port), '127.0.0.1');
    await once(socket, 'connect');
    socket.write('POST /v1/notes/endless HTTP/1.1\r\nHost: shop\r\nContent-Length: 0\r\n\r\n');
    setTimeout(() => socket.destroy(), 100);

    expect((await onlySpan()).attributes).not.toHaveProperty('http.response.status_code');
  });

  it('has the attributes and the lines that are documented', async () => {
    await call('/v1/notes/7');
    await call('/v1/notes/failures', { method: 'POST' });
    const spans = await eventually(() => exporter.getFinishedSpans().length === 2 && exporter.getFinishedSpans());

    const rows = documented('Spans').filter(({ kind }) => kind === 'server');
    expect(asDocumented(spans.map(spanTelemetry), rows)).toEqual(sorted(rows));
    const ofRequests = documented('Log lines').filter(({ name }) => name.startsWith('{method}'));
    const told = lines.filter((line) => line.context === 'http').map(lineTelemetry);
    expect(asDocumented(told, ofRequests)).toEqual(ofRequests);
    const traces = new Set(lines.slice(-3).map((line) => line.trace_id));
    expect(traces).toEqual(new Set(spans.map((span) => span.spanContext().traceId)));
  });
});

describe('a request that an instrumentation has given a span already', () => {
  it('gets no second one', async () => {
    const exporter = recordSpans();
    const app = await NestFactory.create<NestFastifyApplication>(NotesModule, httpAdapter(), {
      ...HTTP_OPTIONS,
      logger: false,
    });
    const instrumented = trace.getTracer('instrumentation').startSpan('of the instrumentation');
    const within = trace.setSpan(ROOT_CONTEXT, instrumented);
    // An instrumentation wraps what the server emits, and so comes before every hook.
    app
      .getHttpAdapter()
      .getInstance()
      .addHook('onRequest', (_request: unknown, _reply: unknown, done: () => void) => context.with(within, done));
    configureHttp(app, { docs: false });
    await app.listen(0, '127.0.0.1');

    const answer = await (await fetch(`${await app.getUrl()}/v1/notes/7`)).json();
    await app.close();

    expect(answer).toEqual({ id: '7', span: instrumented.spanContext().spanId });
    expect(exporter.getFinishedSpans()).toEqual([]);
  });
});
