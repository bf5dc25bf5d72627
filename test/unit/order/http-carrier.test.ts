import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Unrecoverable } from '../../../src/messaging/index.js';
import { CarrierUnavailableError, HttpCarrier } from '../../../src/order/infrastructure/http-carrier.js';
import { ORDER, request } from './given-order.js';

interface Heard {
  readonly method?: string;
  readonly url?: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: unknown;
}

let server: Server;
let carrier: HttpCarrier;
let heard: Heard[];
let answer: (response: ServerResponse) => void;

const answering =
  (status: number, headers: Record<string, string> = {}) =>
  (response: ServerResponse) =>
    void response.writeHead(status, headers).end('{}');

beforeAll(async () => {
  const hear = async (incoming: IncomingMessage, response: ServerResponse) => {
    const body = (await incoming.setEncoding('utf8').toArray()).join('');
    heard.push({ method: incoming.method, url: incoming.url, headers: incoming.headers, body: JSON.parse(body) });
    answer(response);
  };
  server = createServer((incoming, response) => void hear(incoming, response)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  carrier = new HttpCarrier({ url: `http://127.0.0.1:${port}/api/`, timeout: 500 });
});
beforeEach(() => {
  heard = [];
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

const { shippingInfo } = request;
const tell = (signal?: AbortSignal) =>
  carrier.updateShippingInfo({ orderId: ORDER, shippingInfo, idempotencyKey: 'message-1' }, signal);
const failure = async (signal?: AbortSignal) => tell(signal).catch((error: unknown) => error);

describe('a carrier that is told where an order goes to', () => {
  it('is put the whole of it, with a key', async () => {
    answer = answering(204);
    await tell();
    expect(heard).toMatchObject([{ method: 'PUT', url: `/api/shipping-info/${ORDER}`, body: shippingInfo }]);
    expect(heard[0]?.headers).toMatchObject({ 'idempotency-key': 'message-1', 'content-type': 'application/json' });
  });

  it.each([400, 403, 404, 410, 422, 301])('has refused for good when it answers %s', async (status) => {
    answer = answering(status, { location: '/elsewhere' });
    expect(await failure()).toBeInstanceOf(Unrecoverable);
    expect(heard).toHaveLength(1);
  });

  it.each([408, 409, 425, 429, 500, 502, 503])('is told again when it answers %s', async (status) => {
    answer = answering(status);
    expect(await failure()).toMatchObject({ name: 'CarrierUnavailableError', retryAfterMs: undefined });
  });

  it('is told no sooner than it wants', async () => {
    answer = answering(503, { 'retry-after': '120' });
    expect(await failure()).toMatchObject({ retryAfterMs: 120_000 });
    answer = answering(429, { 'retry-after': new Date(Date.now() + 60_000).toUTCString() });
    const { retryAfterMs } = (await failure()) as CarrierUnavailableError;
    expect(retryAfterMs).toBeGreaterThan(50_000);
    expect(retryAfterMs).toBeLessThanOrEqual(60_000);
    answer = answering(429, { 'retry-after': 'soon' });
    expect(await failure()).toMatchObject({ retryAfterMs: undefined });
  });

  it('is told again when it drops the connection, before or within its answer', async () => {
    answer = (response) => response.destroy();
    expect(await failure()).toBeInstanceOf(CarrierUnavailableError);
    answer = (response) =>
      void response.writeHead(200, { 'content-length': '10' }).write('half', () => response.destroy());
    expect(await failure()).toBeInstanceOf(CarrierUnavailableError);
  });

  it('is told again when it does not answer in time', async () => {
    answer = () => undefined;
    expect(await failure()).toBeInstanceOf(CarrierUnavailableError);
  });

  it('is not waited for when the work is called off', async () => {
    answer = () => undefined;
    const off = new AbortController();
    const failing = failure(off.signal);
    off.abort(new Error('shutdown'));
    expect(await failing).toMatchObject({ name: 'CarrierUnavailableError', cause: { message: 'shutdown' } });
  });

  it('is told again when nobody listens', async () => {
    const gone = new HttpCarrier({ url: 'http://127.0.0.1:1', timeout: 500 });
    const telling = gone.updateShippingInfo({ orderId: ORDER, shippingInfo, idempotencyKey: 'message-1' });
    await expect(telling).rejects.toBeInstanceOf(CarrierUnavailableError);
  });
});
