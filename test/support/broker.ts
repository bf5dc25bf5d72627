import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { promisify } from 'node:util';
import { afterAll } from '@jest/globals';
import { type AsyncMessage, Connection, type Envelope } from 'rabbitmq-client';

const run = promisify(execFile);
const connections = new Set<Connection>();

afterAll(() => {
  for (const connection of connections) connection.unsafeDestroy();
});

/** The RabbitMQ of this run of tests. */
export const broker = {
  url: process.env.TEST_BROKER_URL!,
  stop: () => script('stop'),
  start: () => script('start'),
};

async function script(command: 'start' | 'stop'): Promise<void> {
  // Its output goes to files: a pipe would stay open as long as the broker runs.
  await run('bash', ['-c', `scripts/ci-rabbitmq.sh ${command} "$TEST_BROKER_FOLDER" >/dev/null 2>&1`]);
}

export const uniqueName = (what: string): string => `${what}.${randomBytes(4).toString('hex')}`;

/** Connects to the broker, again and again where that is needed; closed at the end of the test file. */
export function connect(): Connection {
  const connection = new Connection({ url: broker.url, retryLow: 100, retryHigh: 500 });
  connection.on('error', () => undefined);
  connections.add(connection);
  return connection;
}

/** What a reader of a queue was given, in that order. */
export interface Delivery {
  readonly id: string;
  readonly type: string;
  readonly stream?: string;
  readonly message: AsyncMessage;
}

/** Another system, with a durable queue of its own that gets whatever is published to the exchange. */
export class Subscriber {
  readonly deliveries: Delivery[] = [];
  readonly connection = connect();

  private constructor(
    readonly exchange: string,
    readonly queue: string,
  ) {}

  static async of(exchange: string, queueArguments: Record<string, unknown> = {}): Promise<Subscriber> {
    const subscriber = new Subscriber(exchange, uniqueName('reader'));
    const { connection, queue } = subscriber;
    await connection.exchangeDeclare({ exchange, type: 'topic', durable: true });
    await connection.queueDeclare({ queue, durable: true, arguments: queueArguments });
    await connection.queueBind({ exchange, queue, routingKey: '#' });
    return subscriber;
  }

  /** Reads, at most so many messages unacknowledged; `slowly` is what each costs it. */
  async read(prefetchCount = 500, slowly: () => Promise<unknown> = async () => undefined): Promise<this> {
    const settings = { queue: this.queue, queueOptions: { passive: true }, qos: { prefetchCount }, concurrency: 1 };
    const consumer = this.connection.createConsumer(settings, async (message) => {
      await slowly();
      this.take(message);
    });
    consumer.on('error', () => undefined);
    await new Promise((ready) => consumer.once('ready', ready));
    return this;
  }

  /** The deliveries without repeats. */
  get firsts(): Delivery[] {
    const seen = new Set<string>();
    return this.deliveries.filter(({ id }) => !seen.has(id) && seen.add(id));
  }

  private take(message: AsyncMessage): void {
    const { streamType, streamId } = (message.headers ?? {}) as Record<string, string | undefined>;
    const stream = streamId === undefined ? undefined : `${streamType}-${streamId}`;
    this.deliveries.push({ id: message.messageId!, type: message.type!, stream, message });
  }
}

/** Another system that sends messages straight to a queue. */
export class Sender {
  readonly #publisher = connect().createPublisher({ confirm: true });

  constructor(private readonly queue: string) {}

  async send(envelope: Envelope, body: unknown): Promise<void> {
    await this.#publisher.send({ durable: true, ...envelope, exchange: '', routingKey: this.queue }, body);
  }
}

/** Ids by stream, in their order; events without a stream have none among each other. */
export function byStream(events: readonly { readonly id: string; readonly stream?: string }[]) {
  const streams: Record<string, string[]> = {};
  for (const { id, stream } of events) (streams[stream ?? 'none'] ??= []).push(id);
  return { ...streams, none: (streams.none ?? []).toSorted() };
}
