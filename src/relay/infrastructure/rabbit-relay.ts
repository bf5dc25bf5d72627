import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import type { Channel } from 'rabbitmq-client';
import { AppConfig } from '../../app.config.js';
import { type EventRelay, Relay, type RelayedEvent, Unavailable } from '../../messaging/index.js';
import { envelopeOf } from './envelope.js';
import { Rabbit } from './rabbit.js';
import { wavesOf } from './waves.js';

/** A page that failed comes again within seconds; later, what was confirmed of it is forgotten and sent again. */
const REMEMBERED_MS = 60_000;

/**
 * Publishes events to a topic exchange: persistent, in order per stream, done when RabbitMQ has confirmed them. Who has
 * no queue bound misses them, which is no error.
 */
@Injectable()
@Relay('relay.rabbitmq')
export class RabbitRelay implements EventRelay, OnApplicationShutdown {
  readonly #exchange: string;
  #channel?: Promise<Channel>;
  /** When events of pages that failed were confirmed: they need not be sent again with the rest of their page. */
  readonly #confirmed = new Map<string, number>();

  constructor(
    private readonly rabbit: Rabbit,
    { rabbitmqExchange }: AppConfig,
  ) {
    this.#exchange = rabbitmqExchange;
  }

  async publish(events: readonly RelayedEvent[], signal: AbortSignal): Promise<void> {
    const channel = await this.channel();
    for (const wave of wavesOf(events.filter(({ id }) => !this.isConfirmed(id)))) {
      signal.throwIfAborted();
      const sent = await Promise.allSettled(wave.map((event) => this.send(channel, event)));
      const errors = sent.flatMap((result) => (result.status === 'rejected' ? [result.reason as unknown] : []));
      // What is wrong with one event closes the channel for all: it must not hide behind the others.
      if (errors.length > 0) throw errors.find((error) => !(error instanceof Unavailable)) ?? errors[0];
    }
    for (const { id } of events) this.#confirmed.delete(id);
  }

  async onApplicationShutdown(): Promise<void> {
    const channel = await this.#channel?.catch(() => undefined);
    await channel?.close();
  }

  private async send(channel: Channel, event: RelayedEvent): Promise<void> {
    const body = Buffer.from(JSON.stringify(event.data));
    try {
      await channel.basicPublish({ exchange: this.#exchange, ...envelopeOf(event) }, body);
    } catch (error) {
      throw isAboutTheMessage(error) ? error : new Unavailable(`RabbitMQ did not confirm: ${String(error)}`);
    }
    this.#confirmed.set(event.id, performance.now());
  }

  private isConfirmed(id: string): boolean {
    const at = this.#confirmed.get(id);
    if (at === undefined || performance.now() - at > REMEMBERED_MS) return false;
    this.#confirmed.set(id, performance.now());
    return true;
  }

  /** One for all lanes; after it was closed a new one is opened, and the exchange looked for again. */
  private async channel(): Promise<Channel> {
    if (!this.rabbit.ready) throw new Unavailable('not connected to RabbitMQ, or held up by it');
    try {
      const channel = await (this.#channel ??= this.open());
      if (channel.active) return channel;
      this.#channel = undefined;
      return await (this.#channel = this.open());
    } catch (error) {
      this.#channel = undefined;
      throw new Unavailable(`RabbitMQ gives no channel: ${String(error)}`, { cause: error });
    }
  }

  private async open(): Promise<Channel> {
    const exchange = this.#exchange;
    // One that is there is taken as it is: whoever runs the broker may have given it arguments of their own.
    const exists = await this.rabbit.has((probe) => probe.exchangeDeclare({ exchange, passive: true }));
    const channel = await this.rabbit.connection.acquire();
    if (!exists) await channel.exchangeDeclare({ exchange, type: 'topic', durable: true });
    await channel.confirmSelect();
    return channel;
  }
}

/** Larger than RabbitMQ takes (406), or not to be written as AMQP: no outage, and no better at the next try. */
function isAboutTheMessage(error: unknown): boolean {
  const { code, name } = error as { code?: string; name?: string };
  if (code === undefined) return true;
  return name === 'AMQPChannelError' && code === 'PRECONDITION_FAILED';
}
