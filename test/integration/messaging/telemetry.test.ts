import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Logger as NestLogger } from '@nestjs/common';
import { Command, CommandHandler, EventsHandler, type ICommand, type IEvent, ofType, Saga } from '@nestjs/cqrs';
import { context, ROOT_CONTEXT, SpanStatusCode, trace } from '@opentelemetry/api';
import type { ReadableSpan } from '@opentelemetry/sdk-trace-base';
import { map, type Observable } from 'rxjs';
import {
  AfterCommit,
  BeforeCommit,
  Consumer,
  currentHeaders,
  type EventRelay,
  Message,
  Queued,
  Relay,
  withHeaders,
} from '../../../src/messaging/index.js';
import { Logger } from '../../../src/operations/logger.js';
import { type MessagingApp, startMessagingApp } from '../../support/messaging-app.js';
import {
  asDocumented,
  complaints,
  documented,
  lineTelemetry,
  recordSpans,
  sorted,
  spanTelemetry,
  type Telemetry,
} from '../../support/telemetry.js';

@Message<Rung>('bell.rung', {
  stream: ({ bell }) => ['bell', bell],
  personal: { subject: ({ bell }) => bell, fields: ['visitor'] },
})
class Rung {
  constructor(
    readonly bell: string,
    readonly visitor: string,
  ) {}
}

@Message('bell.answer')
@Queued({ effect: 'database' })
class Answer extends Command<void> {
  constructor(readonly bell: string) {
    super();
  }
}

@Message('bell.call-out')
@Queued({ effect: 'outside' })
class CallOut extends Command<Answer> {
  constructor(readonly bell: string) {
    super();
  }
}

@Message('bell.repair')
@Queued({ effect: 'database', retry: ['1s'] })
class Repair extends Command<void> {
  constructor(readonly bell: string) {
    super();
  }
}

@EventsHandler(Rung)
@BeforeCommit()
class Muffler {
  async handle({ bell }: Rung): Promise<void> {
    if (bell === 'forbidden') throw new RangeError('not this one');
  }
}

@EventsHandler(Rung)
@AfterCommit()
class Echo {
  async handle(): Promise<void> {
    throw new Error('no wall');
  }
}

@EventsHandler(Rung)
@Consumer('test.register')
class Register {
  async handle(): Promise<void> {}
}

@EventsHandler(Rung)
@Consumer('test.fragile', { retry: ['1s'] })
class Fragile {
  async handle(): Promise<void> {
    throw new TypeError('cracked');
  }
}

/** Under which correlation ids a relay's calls run, which handle messages of several requests. */
const relayedFor = new Set<string | undefined>();

@Relay('test.relay')
class Tower implements EventRelay {
  async publish(events: readonly { data: object }[]): Promise<void> {
    relayedFor.add(currentHeaders().correlationId);
    if (events.some(({ data }) => 'bell' in data && data.bell === 'mute')) throw new Error('no sound');
  }
}

class BellSaga {
  @Saga()
  answer = (events: Observable<IEvent>): Observable<ICommand> =>
    events.pipe(
      ofType(Rung),
      map(({ bell }) => new CallOut(bell)),
    );
}

@CommandHandler(CallOut)
class CallOutHandler {
  async execute({ bell }: CallOut): Promise<Answer> {
    return new Answer(bell);
  }
}

@CommandHandler(Answer)
class AnswerHandler {
  async execute(): Promise<void> {}
}

@CommandHandler(Repair)
class RepairHandler {
  async execute(): Promise<void> {
    throw new Error('no tools');
  }
}

const providers = [Muffler, Echo, Register, Fragile, Tower, BellSaga, CallOutHandler, AnswerHandler, RepairHandler];

describe('the telemetry of messages that are handled, and of some that fail', () => {
  const exporter = recordSpans();
  const lines: Record<string, unknown>[] = [];
  let app: MessagingApp;
  let request: ReadableSpan;

  const spans = () => exporter.getFinishedSpans();
  const named = (name: string, consumer?: string) =>
    spans().filter(
      ({ name: given, attributes }) =>
        given === name && (!consumer || attributes['messaging.consumer.group.name'] === consumer),
    );
  const ofRequest = (name: string, consumer?: string) =>
    named(name, consumer).filter((span) => span.spanContext().traceId === request.spanContext().traceId);
  const parentOf = ({ parentSpanContext }: ReadableSpan) => parentSpanContext?.spanId;
  const idOf = (span: ReadableSpan) => span.spanContext().spanId;

  /** As a request would: within a span, and under a correlation id. */
  async function inRequest(correlationId: string, fn: () => Promise<unknown>): Promise<void> {
    const span = trace.getTracer('test').startSpan(correlationId, {}, ROOT_CONTEXT);
    const headers = { correlationId };
    await context.with(trace.setSpan(ROOT_CONTEXT, span), () => withHeaders(headers, fn)).finally(() => span.end());
  }

  beforeAll(async () => {
    app = await startMessagingApp({ providers });
    const logger = new Logger({ level: 'debug', destination: { write: (line) => void lines.push(JSON.parse(line)) } });
    NestLogger.overrideLogger(logger);
    await inRequest('r-1', () => app.events.publish(new Rung('front', 'anna@example.com')));
    await app.kit.settled();
    const batch = ['back', 'back', 'mute', 'mute'].map((bell) => new Rung(bell, 'ben@example.com'));
    await inRequest('r-2', () => app.events.publishAll(batch));
    await app.kit.settled();
    await inRequest('r-3', () => app.events.publish(new Rung('forbidden', 'x')).catch(() => undefined));
    await inRequest('r-4', () => app.queue.send(new Repair('front')));
    await app.kit.settled();
    app.clock.advance('2s');
    await app.kit.settled();
    request = named('r-1')[0]!;
  });
  afterAll(async () => {
    NestLogger.overrideLogger(false);
    await app.close();
  });

  it('has the spans that are documented, with their kinds and attributes', () => {
    const rows = documented('Spans').filter(({ kind }) => kind !== 'server');
    const [ofEvents, ofCommands] = rows.filter(({ name }) => name.startsWith('process {'));
    // The two have names alike; only an event has a position.
    const isEvent = ({ attributes }: ReadableSpan) => attributes['messaging.aftercommit.position'] !== undefined;
    const isCommand = ({ name }: ReadableSpan) => /^process bell\.(answer|call-out|repair)$/.test(name);
    const isOfTest = ({ name }: ReadableSpan) => /^r-\d$|^process messaging\.prune$/.test(name);
    const others = rows.filter((row) => row !== ofEvents && row !== ofCommands);
    const seenOf = (kind: (span: ReadableSpan) => boolean, known: readonly Telemetry[]) =>
      asDocumented(spans().filter(kind).map(spanTelemetry), known);

    expect(seenOf(isEvent, [ofEvents!])).toEqual(sorted([ofEvents!]));
    expect(seenOf(isCommand, [ofCommands!])).toEqual(sorted([ofCommands!]));
    const isOther = (span: ReadableSpan) => !isEvent(span) && !isCommand(span) && !isOfTest(span);
    expect(seenOf(isOther, others)).toEqual(sorted(others));
  });

  it('has the log lines that are documented, with their levels and fields', () => {
    const rows = documented('Log lines').filter(({ name }) => !name.startsWith('{method}'));
    const seen = lines.filter(({ messageId }) => messageId !== undefined).map(lineTelemetry);
    expect(asDocumented(seen, rows)).toEqual(sorted(rows));
  });

  it('makes every message the child of the span that recorded it, through log, saga and queue', () => {
    const [register] = ofRequest('process bell.rung', 'test.register');
    const [saga] = ofRequest('process bell.rung', 'BellSaga.answer');
    const [callOut] = ofRequest('process bell.call-out');
    const [answer] = ofRequest('process bell.answer');

    expect([register!, saga!].map(parentOf)).toEqual([idOf(request), idOf(request)]);
    expect(parentOf(callOut!)).toBe(idOf(saga!));
    expect(parentOf(answer!)).toBe(idOf(callOut!));
    for (const span of [register!, saga!, callOut!, answer!])
      expect(span.links.map((link) => link.context.spanId)).toEqual([parentOf(span)]);
  });

  it('makes handlers of the publisher its children', () => {
    const local = [...ofRequest('before_commit bell.rung'), ...ofRequest('after_commit bell.rung')];
    expect(local.map(parentOf)).toEqual([idOf(request), idOf(request)]);
  });

  it('links a call with many messages to all of them, and makes it the child of none', () => {
    const [together] = named('process', 'test.relay');
    expect(together!.links).toHaveLength(together!.attributes['messaging.batch.message_count'] as number);
    expect(new Set(together!.links.map((link) => link.context.spanId))).toEqual(new Set([idOf(named('r-2')[0]!)]));
    expect(parentOf(together!)).toBeUndefined();
  });

  it('tells of each attempt that failed, and why', () => {
    const failed = ofRequest('process bell.rung', 'test.fragile');
    expect(failed.map(({ attributes }) => attributes['messaging.aftercommit.attempt'])).toEqual([1, 2]);
    for (const { status, attributes, events } of failed) {
      expect(status).toEqual({ code: SpanStatusCode.ERROR, message: 'cracked' });
      expect(attributes['error.type']).toBe('TypeError');
      expect(events[0]?.attributes?.['exception.stacktrace']).toContain('cracked');
    }
  });

  it('ends every span that is well without a status', () => {
    const well = [...ofRequest('process bell.call-out'), ...ofRequest('process bell.rung', 'test.register')];
    expect(well.map(({ status }) => status.code)).toEqual([SpanStatusCode.UNSET, SpanStatusCode.UNSET]);
  });

  it('names in every line the trace and the request of its message', () => {
    const requests = ['r-1', 'r-2', 'r-4'];
    const traces = new Map(requests.map((name) => [name, named(name)[0]!.spanContext().traceId]));
    const handled = lines.filter(({ messageId, consumer }) => messageId !== undefined && consumer !== 'test.relay');
    const told = handled.filter(({ consumer }) => consumer !== 'messaging.prune');

    expect(new Set(told.map(({ correlationId }) => correlationId))).toEqual(new Set(requests));
    expect(told.filter(({ correlationId, trace_id }) => trace_id !== traces.get(String(correlationId)))).toEqual([]);
  });

  it('runs what serves many requests in the name of none', () => {
    expect([...relayedFor]).toEqual([undefined]);
  });

  it('gives the SDK nothing to complain of', () => {
    expect(complaints).toEqual([]);
  });

  it('names no person', () => {
    const all = JSON.stringify([lines, spans().map(({ name, attributes, events }) => [name, attributes, events])]);
    expect(all).not.toContain('example.com');
  });
});

describe('a request that brings a trace to a process without an SDK', () => {
  it('is the place to look for the spans of other processes', async () => {
    trace.disable();
    context.disable();
    const app = await startMessagingApp({ providers: [AnswerHandler] });
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    await withHeaders({ traceparent }, () => app.events.publish(new Rung('front', 'x')));
    const rows = await app.query<{ headers: object }>(
      'select headers from messaging.outbox union all select headers from messaging.event_log',
    );
    expect(rows.map(({ headers }) => headers)).toEqual([{ traceparent }]);
    await app.close();
  });
});
