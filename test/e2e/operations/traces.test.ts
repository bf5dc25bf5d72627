import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createTestDatabase, type TestDatabase } from '../../support/database.js';
import { eventually } from '../../support/eventually.js';
import { type Service, startService } from '../../support/service.js';
import { newKey, placingOf, stock } from '../shop.js';

interface PrintedSpan {
  readonly name: string;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly traceId: string;
  readonly spanId: string;
  readonly parent?: string;
  readonly linked: readonly string[];
}

const traceId = '0af7651916cd43dd8448eb211c80319c';
const traceparent = `00-${traceId}-b7ad6b7169203331-01`;

describe('an order that was placed by a request with a trace', () => {
  let database: TestDatabase;
  let service: Service;

  beforeAll(async () => {
    database = await createTestDatabase();
    const NODE_OPTIONS = `--import=${pathToFileURL('test/support/fixtures/print-spans.mjs').href}`;
    service = await startService({ databaseUrl: database.url, env: { NODE_OPTIONS, LOG_LEVEL: 'debug' } });
    await stock(service.http, 'LAMP', 10);
    const headers = { ...newKey(), traceparent, tracestate: 'vendor=1', prefer: 'wait=5' };
    expect((await service.http.post('/v1/orders', placingOf('c-1', 'LAMP'), headers)).status).toBe(201);
    // The answer is there before its span has ended.
    await eventually(() => named('POST /v1/orders').length > 0);
    await eventually(() => byConsumer('order.timeline', 'process product.stock-allocated') !== undefined);
  });
  afterAll(async () => {
    await service.stop();
    await database.drop();
  });

  const lines = () =>
    service
      .output()
      .split('\n')
      .filter((line) => line.startsWith('{') && line.endsWith('}'))
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  const printed = () => lines().flatMap(({ span }) => (span ? [span as PrintedSpan] : []));
  const inTrace = () => printed().filter((span) => span.traceId === traceId);
  const named = (name: string) => inTrace().filter((span) => span.name === name);
  const byConsumer = (consumer: string, name: string) =>
    named(name).find(({ attributes }) => attributes['messaging.consumer.group.name'] === consumer)!;

  it('leads from the request through saga and queue to what the stock did', () => {
    const request = named('POST /v1/orders')[0]!;
    const saga = byConsumer('AllocationSaga.allocateWhenPlaced', 'process order.placed');
    const allocate = named('process allocation.allocate')[0]!;
    const timeline = byConsumer('order.timeline', 'process product.stock-allocated');

    expect(request.parent).toBe('b7ad6b7169203331');
    expect([saga.parent, saga.linked]).toEqual([request.spanId, [request.spanId]]);
    expect([allocate.parent, allocate.linked]).toEqual([saga.spanId, [saga.spanId]]);
    expect([timeline.parent, timeline.linked]).toEqual([allocate.spanId, [allocate.spanId]]);
  });

  it('is found in the log by its trace', () => {
    const told = lines().filter((line) => line.trace_id === traceId);
    expect(told.map(({ msg }) => String(msg))).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/^handled event OrderPlaced\(.*\) with handler order\.timeline /),
        expect.stringMatching(/^handled command Allocate\(.*\) with handler AllocateHandler /),
        expect.stringMatching(/^POST \/v1\/orders 201$/),
      ]),
    );
    const ofMessages = told.filter(({ messageId }) => messageId !== undefined);
    expect(new Set(ofMessages.map(({ correlationId }) => correlationId))).toEqual(new Set([traceId]));
  });

  it('shows its readers the trace, and nothing of those who keep it', async () => {
    const { body } = await service.http.get('/v1/events?type=order.placed');
    const { parent } = byConsumer('order.timeline', 'process order.placed');
    expect(body.events[0].headers).toMatchObject({ traceparent: `00-${traceId}-${parent}-01` });
    expect(body.events[0].headers).not.toHaveProperty('tracestate');
  });
});
