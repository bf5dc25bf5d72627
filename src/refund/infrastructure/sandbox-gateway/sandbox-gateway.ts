import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Answer, invalid, Refusal } from './answers.js';
import { Book } from './book.js';
import { Controls } from './controls.js';
import { Faults } from './faults.js';
import { Operations } from './operations.js';
import { StripeApi } from './stripe-api.js';
import { type WebhookReceiver, Webhooks } from './webhooks.js';

export interface SandboxOptions {
  /** 0 takes any free one. */
  readonly port: number;
  readonly bookFile?: string;
  readonly receiver: WebhookReceiver;
}

const BODY_LIMIT = 1024 * 1024;
const unauthorized = new Refusal(401, { type: 'invalid_request_error', message: 'You did not provide an API key.' });

/** A small server in the shape of Stripe, on the loopback only: under /v1 Stripe's API, under /sandbox its controls. */
export class SandboxGateway {
  readonly #server: Server;
  readonly #webhooks: Webhooks;
  readonly #api: StripeApi;
  readonly #controls: Controls;

  private constructor(server: Server, { bookFile, receiver }: SandboxOptions) {
    const book = new Book(bookFile);
    const faults = new Faults();
    const webhooks = new Webhooks(book, faults, receiver);
    const operations = new Operations(book, (type, object) => webhooks.emit(type, object));
    this.#server = server;
    this.#webhooks = webhooks;
    this.#api = new StripeApi(book, operations, faults);
    this.#controls = new Controls(book, operations, faults);
    server.on('request', (request, response) => void this.serve(request, response));
    webhooks.deliverPending();
  }

  /** Fails with EADDRINUSE when the port is taken; the book is read only by whoever has the port. */
  static async listen(options: SandboxOptions): Promise<SandboxGateway> {
    const server = createServer();
    server.listen(options.port, '127.0.0.1');
    await once(server, 'listening');
    return new SandboxGateway(server, options);
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  async close(): Promise<void> {
    this.#webhooks.close();
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
  }

  private async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const answer = await this.answer(request).catch(asAnswer);
    if (answer === 'dropped') return void request.socket.destroy();
    const replayed = 'replayed' in answer && answer.replayed;
    response.writeHead(answer.status, {
      'content-type': 'application/json',
      ...(replayed ? { 'idempotent-replayed': 'true' } : {}),
    });
    response.end(JSON.stringify(answer.body));
  }

  private async answer(request: IncomingMessage) {
    const { method = '', headers } = request;
    const { pathname: path, searchParams } = new URL(request.url ?? '', this.url);
    const text = await read(request);
    if (/^\/sandbox(\/|$)/.test(path)) return this.#controls.answer(method, path, parseJson(text));
    if (!/^Bearer sk_\w+$/.test(headers.authorization ?? '')) throw unauthorized;
    const form = Object.fromEntries([...searchParams, ...new URLSearchParams(text)]);
    return this.#api.answer({ method, path, form, idempotencyKey: headers['idempotency-key']?.toString() });
  }
}

async function read(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > BODY_LIMIT) throw invalid('The body is too large.');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function parseJson(text: string): unknown {
  try {
    return text === '' ? undefined : JSON.parse(text);
  } catch {
    throw invalid('The body is no JSON.');
  }
}

function asAnswer(error: unknown): Answer {
  if (error instanceof Refusal) return error.answer;
  return { status: 500, body: { error: { type: 'api_error', message: String(error) } } };
}
