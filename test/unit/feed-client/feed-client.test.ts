import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Backoff } from '../../../src/feed-client/backoff.js';
import { retryAfterIn } from '../../../src/feed-client/connection.js';
import { PassingError } from '../../../src/feed-client/errors.js';
import {
  FeedClient,
  type FeedClientOptions,
  type FeedPlace,
  FeedRefusedError,
  OffsetExpiredError,
} from '../../../src/feed-client/index.js';
import { eventually } from '../../support/eventually.js';

const LOG = 'log-1';
const INCARNATION = JSON.stringify({ incarnation: LOG });

type Answer = (response: ServerResponse, request: IncomingMessage) => unknown;

const event = (position: number) => ({ position, id: `id-${position}`, type: 'test.happened' });
const begin = (response: ServerResponse, offset = 0) =>
  response
    .writeHead(200, { 'content-type': 'text/event-stream' })
    .write(`event: progress\nid: ${offset}\ndata: ${INCARNATION}\n\n`);
const send = (response: ServerResponse, ...positions: number[]) =>
  response.write(positions.map((position) => `id: ${position}\ndata: ${JSON.stringify(event(position))}\n\n`).join(''));
const problem =
  (status: number, body: object, headers = {}): Answer =>
  (response) =>
    response.writeHead(status, { 'content-type': 'application/problem+json', ...headers }).end(JSON.stringify(body));

/** Faults that the service itself is not asked for; test/broker/readers.test.ts is against the service. */
describe('a client of a feed', () => {
  let server: Server;
  let script: Answer[];
  let asked: { readonly url: URL; readonly at: number }[];
  let place: FeedPlace | undefined;
  let saved: number[];
  let stopped: AbortController;
  let retries: unknown[];

  beforeEach(async () => {
    [script, asked, place, saved, stopped, retries] = [[], [], undefined, [], new AbortController(), []];
    server = createServer((request, response) => {
      asked.push({ url: new URL(request.url!, 'http://feed'), at: performance.now() });
      const answer = script.shift() ?? ((open) => begin(open));
      answer(response, request);
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
  });
  afterEach(async () => {
    stopped.abort();
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  });

  const clientOf = (options: Partial<FeedClientOptions> = {}) =>
    new FeedClient({
      url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/events`,
      offsets: {
        load: async () => place,
        save: async (next) => {
          place = next;
          saved.push(next.offset);
        },
      },
      onRetry: (error) => retries.push(error),
      ...options,
    });
  const run = (handler: (event: { position: number }) => unknown, options?: Partial<FeedClientOptions>) =>
    clientOf(options).run(handler, { signal: stopped.signal });

  it('sends its filters, its credential and its place, and nothing of a place before it has one', async () => {
    const headers: unknown[] = [];
    script = [
      (response, request) => {
        headers.push(request.headers['x-api-key']);
        begin(response);
        send(response, 1);
        response.end();
      },
    ];
    const running = run(() => undefined, {
      filters: { type: 'test.*' },
      headers: async () => ({ 'X-Api-Key': 'key' }),
    });
    await eventually(() => asked.length === 2);
    stopped.abort();
    await running;

    expect(headers).toEqual(['key']);
    expect(asked.map(({ url }) => url.pathname + url.search)).toEqual([
      '/v1/events/stream?type=test.*',
      `/v1/events/stream?type=test.*&incarnation=${LOG}&offset=1`,
    ]);
  });

  it('hands an event that failed to the handler again, before any other, and saves only what succeeded', async () => {
    script = [(response) => (begin(response), send(response, 1, 2, 3))];
    const handled: number[] = [];
    let failures = 2;
    const running = run(({ position }) => {
      handled.push(position);
      if (position === 2 && failures-- > 0) {
        expect(place?.offset).toBe(1);
        throw new Error('no');
      }
    });
    await eventually(() => place?.offset === 3);
    stopped.abort();
    await running;

    expect(handled).toEqual([1, 2, 2, 2, 3]);
    expect(saved).toEqual([0, 1, 2, 3]);
    expect(asked).toHaveLength(1);
  });

  it('leaves its place before an event whose handling was broken off', async () => {
    script = [(response) => (begin(response), send(response, 1, 2))];
    const running = run(({ position }) => {
      if (position < 2) return;
      stopped.abort();
      throw new Error('no');
    });
    await running;

    expect(place).toEqual({ incarnation: LOG, offset: 1 });
  });

  it.each(['sse', 'long-poll'] as const)(
    'begins no other event after the signal, whatever came together with this one: %s',
    async (mode) => {
      script = [
        (response) => {
          if (mode === 'sse') return begin(response) && send(response, 1, 2, 3);
          const page = { incarnation: LOG, events: [1, 2, 3].map(event), nextOffset: 3 };
          return response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(page));
        },
      ];
      const handled: number[] = [];
      await run(({ position }) => handled.push(position) && position === 2 && stopped.abort(), { mode });

      expect(handled).toEqual([1, 2]);
      expect(place).toEqual({ incarnation: LOG, offset: 2 });
    },
  );

  it('tries to save a place again without the handler', async () => {
    script = [(response) => (begin(response), send(response, 1, 2))];
    const handled: number[] = [];
    let failures = 1;
    const save = async (next: FeedPlace) => {
      if (next.offset === 1 && failures-- > 0) throw new Error('no');
      place = next;
    };
    const running = run(({ position }) => handled.push(position), { offsets: { load: async () => place, save } });
    await eventually(() => place?.offset === 2);
    stopped.abort();
    await running;

    expect(handled).toEqual([1, 2]);
  });

  it('can be read in a loop, and goes on behind the last event whose turn ended', async () => {
    script = [(response) => (begin(response), send(response, 1, 2, 3))];
    const read: number[] = [];
    for await (const { position } of clientOf()) {
      read.push(position);
      if (position === 2) break;
    }

    expect(read).toEqual([1, 2]);
    expect(place).toEqual({ incarnation: LOG, offset: 1 });
  });

  it('moves its place on over what its filter leaves out', async () => {
    script = [
      (response) => {
        begin(response);
        response.write(`event: progress\nid: 70\ndata: ${INCARNATION}\n\n`);
      },
    ];
    const running = run(() => undefined);
    await eventually(() => place?.offset === 70);
    stopped.abort();
    await running;
  });

  it('connects again, behind what it has, when the connection breaks in the middle of an event', async () => {
    script = [
      (response) => {
        begin(response);
        send(response, 1);
        response.write('id: 2\ndata: {"posi', () => response.destroy());
      },
      (response) => (begin(response, 1), send(response, 2)),
    ];
    const handled: number[] = [];
    const running = run(({ position }) => handled.push(position));
    await eventually(() => place?.offset === 2);
    stopped.abort();
    await running;

    expect(handled).toEqual([1, 2]);
    expect(asked[1]!.url.searchParams.get('offset')).toBe('1');
  });

  it('gives a connection up over which nothing comes, but not while its handler is busy', async () => {
    script = [(response) => (begin(response), send(response, 1, 2))];
    const handled: number[] = [];
    const busy = new Promise((settle) => setTimeout(settle, 300));
    const running = run(
      async ({ position }) => {
        if (position === 1) await busy;
        handled.push(position);
        expect(asked).toHaveLength(1);
      },
      { silenceMs: 100 },
    );
    await eventually(() => asked.length === 2);
    stopped.abort();
    await running;

    expect(handled).toEqual([1, 2]);
    expect(String(retries[0])).toContain('Nothing came for 100 ms');
  });

  it.each([429, 503])('waits as long as the service asks after %d', async (status) => {
    script = [problem(status, { code: 'BUSY' }, { 'retry-after': '1' })];
    const running = run(() => undefined);
    await eventually(() => asked.length === 2);
    stopped.abort();
    await running;

    expect(asked[1]!.at - asked[0]!.at).toBeGreaterThan(1_000);
  });

  it('ends with what only a person can mend, and says what to do', async () => {
    place = { incarnation: LOG, offset: 5 };
    script = [
      problem(410, { code: 'OFFSET_EXPIRED', oldest: 900 }),
      problem(401, { code: 'UNAUTHORIZED', detail: 'No key.' }),
    ];

    await expect(run(() => undefined)).rejects.toThrow(new OffsetExpiredError(5, 900).message);
    await expect(run(() => undefined)).rejects.toBeInstanceOf(FeedRefusedError);
    expect(place).toEqual({ incarnation: LOG, offset: 5 });
  });

  it('does not ask again and again a service that does not let long polls wait', async () => {
    const empty: Answer = (response) =>
      response
        .writeHead(200, { 'content-type': 'application/json' })
        .end(JSON.stringify({ incarnation: LOG, events: [], nextOffset: 0 }));
    script = Array.from({ length: 50 }, () => empty);
    const running = run(() => undefined, { mode: 'long-poll' });
    await eventually(() => asked.length === 3);
    stopped.abort();
    await running;

    expect(asked[2]!.at - asked[0]!.at).toBeGreaterThan(400);
  });
});

describe('the waits of a client', () => {
  it('double up to half a minute, at least half of each', () => {
    const backoff = new Backoff();
    for (const most of [500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]) {
      const ms = backoff.next();
      expect(ms).toBeGreaterThanOrEqual(most / 2);
      expect(ms).toBeLessThanOrEqual(most);
    }
    backoff.reset();
    expect(backoff.next()).toBeLessThanOrEqual(500);
    expect(backoff.next(new PassingError('', 60_000))).toBeGreaterThanOrEqual(60_000);
  });

  it.each([
    [null, 0],
    ['7', 7_000],
    ['Thu, 01 Jan 2026 00:00:05 GMT', 5_000],
    ['Thu, 01 Jan 2025 00:00:00 GMT', 0],
    ['soon', 0],
  ])('read %j of Retry-After', (header, ms) => {
    expect(retryAfterIn(header, Date.UTC(2026, 0, 1))).toBe(ms);
  });
});
