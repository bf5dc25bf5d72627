import { setTimeout as pause } from 'node:timers/promises';
import { type BeforeApplicationShutdown, Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { type AsyncMessage, type Consumer, ConsumerStatus } from 'rabbitmq-client';
import { AppConfig } from '../../app.config.js';
import type { IncomingMessage } from '../application/incoming-message.js';
import { MessageIntake } from '../application/message-intake.js';
import { Rabbit } from './rabbit.js';

/** Messages at hand while one is taken: enough to hide the way to the broker, few enough to come back soon after a crash. */
const PREFETCH = 20;
/** A message's pause while the database can't be reached, doubled up to the second figure. */
const BACK_OFF_MS = [250, 30_000] as const;
const DECLARE_AGAIN_MS = 5_000;

/**
 * Takes messages from a queue one at a time, in its order, and acknowledges each when what it led to is committed. A
 * message that the database keeps from being taken is held and tried again: the ones behind it would fare no better.
 */
@Injectable()
export class RabbitListener implements OnApplicationBootstrap, BeforeApplicationShutdown {
  readonly #logger = new Logger('RabbitListener');
  readonly #shutdown = new AbortController();
  readonly #queue: string;
  readonly #limitMs: number;
  #consumer?: Consumer;

  constructor(
    private readonly rabbit: Rabbit,
    private readonly intake: MessageIntake,
    { rabbitmqQueue, shutdownTimeoutMs }: AppConfig,
  ) {
    this.#queue = rabbitmqQueue!;
    this.#limitMs = shutdownTimeoutMs;
  }

  onApplicationBootstrap(): void {
    const settings = {
      queue: this.#queue,
      lazy: true,
      queueOptions: { passive: true },
      concurrency: 1,
      qos: { prefetchCount: PREFETCH },
    };
    this.#consumer = this.rabbit.connection.createConsumer(settings, (message) => this.receive(message));
    this.#consumer.on('error', (error: Error) => this.#logger.warn(`${this.#queue}: ${error.message}`));
    this.rabbit.connection.on('connection', () => void this.begin());
    if (this.rabbit.ready) void this.begin();
  }

  /** What runs is finished and acknowledged while the database is there; what was fetched goes back to the queue. */
  async beforeApplicationShutdown(): Promise<void> {
    this.#shutdown.abort();
    const closed = this.#consumer?.close().catch(() => undefined);
    await Promise.race([closed, pause(this.#limitMs, undefined, { ref: false })]);
  }

  /** Declares the queue where it is missing, also in a broker that has lost its data, and consumes it. */
  private async begin(): Promise<void> {
    const queue = this.#queue;
    try {
      if (!(await this.rabbit.has((probe) => probe.queueDeclare({ queue, passive: true })))) {
        // Only one instance at a time consumes it, so that several keep its order too.
        const options = { durable: true, arguments: { 'x-single-active-consumer': true } };
        await this.rabbit.connection.queueDeclare({ queue, ...options });
      }
      if (!this.#shutdown.signal.aborted) this.#consumer!.start();
    } catch (error) {
      // After a lost connection the next one begins anew.
      if (!this.rabbit.ready) return;
      this.#logger.warn(`can't consume ${queue}: ${String(error)}`);
      setTimeout(() => void this.begin(), DECLARE_AGAIN_MS).unref();
    }
  }

  private async receive(message: AsyncMessage): Promise<ConsumerStatus> {
    const incoming = toIncoming(this.#queue, message);
    const { signal } = this.#shutdown;
    for (let wait: number = BACK_OFF_MS[0]; !signal.aborted; wait = Math.min(wait * 2, BACK_OFF_MS[1])) {
      try {
        await this.intake.take(incoming);
        return ConsumerStatus.ACK;
      } catch (error) {
        this.#logger.warn(`message ${incoming.messageId} waits for ${wait} ms: ${String(error)}`);
        await pause(wait, undefined, { signal, ref: false }).catch(() => undefined);
      }
    }
    return ConsumerStatus.REQUEUE;
  }
}

/** A sender is known by its app-id: ids need only be unique for each. */
function toIncoming(queue: string, { messageId, type, appId, ...message }: AsyncMessage): IncomingMessage {
  const { correlationId, contentType, headers = {}, body } = message;
  const source = `rabbitmq/${queue}${appId ? `/${appId}` : ''}`;
  return { source, messageId, type, correlationId, contentType, headers, body: bytesOf(body) };
}

/** The client has parsed what says that it is JSON or text. */
function bytesOf(body: unknown): Buffer {
  if (Buffer.isBuffer(body)) return body;
  return Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
}
