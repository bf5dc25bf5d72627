import { setTimeout as pause } from 'node:timers/promises';
import { Injectable, Logger, type OnApplicationShutdown } from '@nestjs/common';
import { type Channel, Connection } from 'rabbitmq-client';
import { AppConfig } from '../../app.config.js';

/** Between attempts to connect: soon after a restart of the broker, and no storm while it is down. */
const RETRY_MS = { retryLow: 250, retryHigh: 5_000 };
/** How long a broker may be silent, in seconds; a dead connection is given up after twice that. */
const HEARTBEAT_S = 10;
const CLOSE_LIMIT_MS = 2_000;

/** The connection to RabbitMQ, made anew whenever it is lost. The service starts and runs without it. */
@Injectable()
export class Rabbit implements OnApplicationShutdown {
  readonly connection: Connection;
  readonly #logger = new Logger('RabbitMQ');
  readonly #host: string;
  #lost = false;

  constructor({ rabbitmqUrl }: AppConfig) {
    this.#host = new URL(rabbitmqUrl!).host;
    this.connection = new Connection({
      ...RETRY_MS,
      url: rabbitmqUrl,
      connectionName: 'aftercommit',
      heartbeat: HEARTBEAT_S,
      acquireTimeout: 5_000,
    });
    this.connection.on('connection', () => this.found());
    this.connection.on('error', (error: Error) => this.lost(error));
    this.connection.on('connection.blocked', (reason: string) => this.#logger.warn(`takes nothing now: ${reason}`));
    this.connection.on('connection.unblocked', () => this.#logger.log('takes messages again'));
  }

  /** Connected, and not held up by the broker. */
  get ready(): boolean {
    return this.connection.ready;
  }

  /** Whether what `probe` asks for is there; RabbitMQ answers no by closing the channel. */
  async has(probe: (channel: Channel) => Promise<unknown>): Promise<boolean> {
    const channel = await this.connection.acquire();
    try {
      await probe(channel);
      return true;
    } catch (error) {
      if ((error as { code?: string }).code !== 'NOT_FOUND') throw error;
      return false;
    } finally {
      await channel.close();
    }
  }

  /** The last to go: lanes and listener have let go of their channels before. */
  async onApplicationShutdown(): Promise<void> {
    await Promise.race([this.connection.close(), pause(CLOSE_LIMIT_MS, undefined, { ref: false })]);
    this.connection.unsafeDestroy();
  }

  private found(): void {
    this.#lost = false;
    this.#logger.log(`connected to ${this.#host}`);
  }

  private lost(error: Error): void {
    if (this.#lost) return;
    this.#lost = !this.ready;
    this.#logger.warn(`can't reach ${this.#host}, and tries until it can: ${error.message || String(error)}`);
  }
}
