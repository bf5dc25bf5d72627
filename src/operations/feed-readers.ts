import { HttpException, Injectable, type OnModuleDestroy } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { Counter, Gauge, Registry } from 'prom-client';
import { type Caller, nameOf } from '../access/index.js';
import { AppConfig } from '../app.config.js';

export type ReaderKind = 'stream' | 'long-poll';

/** About as long as a rollout of the reader takes, in which its old and its new instances read side by side. */
const RETRY_AFTER_SECONDS = 5;

/** Those who wait for events: how many, and their end when the service shuts down. */
@Injectable()
export class FeedReaders implements OnModuleDestroy {
  readonly #callers = new Map<string, number>();
  readonly #shutdown = new AbortController();
  readonly #open: Gauge<'kind'>;
  readonly #refused: Counter<'kind'>;
  #count = 0;

  constructor(
    private readonly config: AppConfig,
    registry: Registry,
  ) {
    const labelNames = ['kind'] as const;
    const registers = [registry];
    this.#open = new Gauge({
      name: 'aftercommit_feed_readers',
      help: 'Requests that wait for events now.',
      labelNames,
      registers,
    });
    this.#refused = new Counter({
      name: 'aftercommit_feed_readers_refused_total',
      help: 'Requests that were one too many.',
      labelNames,
      registers,
    });
    for (const kind of ['stream', 'long-poll'] as const) {
      this.#open.set({ kind }, 0);
      this.#refused.inc({ kind }, 0);
    }
  }

  get shuttingDown(): boolean {
    return this.#shutdown.signal.aborted;
  }

  /** The first thing at a shutdown: it waits for open requests, and readers have somewhere else to go. */
  onModuleDestroy(): void {
    this.#shutdown.abort();
  }

  /** Counts a reader until its response ends. Throws when there are too many; the signal says when it has to end. */
  open(kind: ReaderKind, caller: Caller, reply: FastifyReply): AbortSignal {
    const name = nameOf(caller);
    const own = this.#callers.get(name) ?? 0;
    const { feedReaders, feedReadersPerCaller } = this.config;
    if (this.#count >= feedReaders) this.refuse(kind, reply, `${feedReaders} readers wait here already.`);
    if (own >= feedReadersPerCaller) this.refuse(kind, reply, `${name} waits ${feedReadersPerCaller} times already.`);
    this.add(kind, name, 1);
    return this.untilClosed(reply, () => this.add(kind, name, -1));
  }

  private untilClosed(reply: FastifyReply, closed: () => void): AbortSignal {
    const reader = new AbortController();
    const end = () => reader.abort();
    this.#shutdown.signal.addEventListener('abort', end);
    reply.raw.once('close', () => {
      this.#shutdown.signal.removeEventListener('abort', end);
      end();
      closed();
    });
    return reader.signal;
  }

  private add(kind: ReaderKind, name: string, readers: 1 | -1): void {
    this.#count += readers;
    this.#open.inc({ kind }, readers);
    const own = (this.#callers.get(name) ?? 0) + readers;
    if (own > 0) this.#callers.set(name, own);
    else this.#callers.delete(name);
  }

  private refuse(kind: ReaderKind, reply: FastifyReply, message: string): never {
    this.#refused.inc({ kind });
    void reply.header('Retry-After', String(RETRY_AFTER_SECONDS));
    throw new HttpException({ code: 'TOO_MANY_STREAMS', message }, 429);
  }
}
