import type { ServerResponse } from 'node:http';
import { HttpException, Injectable, type OnModuleDestroy } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { Counter, Gauge, Registry } from 'prom-client';
import { type Caller, nameOf } from '../access/index.js';
import { AppConfig } from '../app.config.js';

export type ReaderKind = 'stream' | 'long-poll';

/** About as long as a rollout of the reader takes, in which its old and its new instances read side by side. */
const RETRY_AFTER_SECONDS = 5;

/** For a reader to take what is on its way when the service shuts down. */
const LAST_BYTES_MS = 1_000;

/** Those who wait for events: how many, and their end when the service shuts down. */
@Injectable()
export class FeedReaders implements OnModuleDestroy {
  readonly #callers = new Map<string, number>();
  readonly #waiting = new Map<AbortController, ServerResponse>();
  readonly #open: Gauge<'kind'>;
  readonly #refused: Counter<'kind'>;
  #shuttingDown = false;

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
    return this.#shuttingDown;
  }

  /** The first thing at a shutdown: it waits for open requests, and readers have somewhere else to go. */
  onModuleDestroy(): void {
    this.#shuttingDown = true;
    for (const reader of this.#waiting.keys()) reader.abort();
    setTimeout(() => this.cutOff(), LAST_BYTES_MS).unref();
  }

  /** Counts a reader until its response ends. Throws when there are too many; the signal says when it has to end. */
  open(kind: ReaderKind, caller: Caller, reply: FastifyReply): AbortSignal {
    const name = nameOf(caller);
    const own = this.#callers.get(name) ?? 0;
    const { feedReaders, feedReadersPerCaller } = this.config;
    if (this.#waiting.size >= feedReaders) this.refuse(kind, reply, `${feedReaders} readers wait here already.`);
    if (own >= feedReadersPerCaller) this.refuse(kind, reply, `${name} waits ${feedReadersPerCaller} times already.`);
    const reader = new AbortController();
    this.#waiting.set(reader, reply.raw);
    this.count(kind, name, 1);
    reply.raw.once('close', () => {
      this.#waiting.delete(reader);
      this.count(kind, name, -1);
      reader.abort();
    });
    return reader.signal;
  }

  /** Whoever takes nothing would hold the shutdown up; what is lost on the way comes again elsewhere. */
  private cutOff(): void {
    for (const response of this.#waiting.values()) response.destroy();
  }

  private count(kind: ReaderKind, name: string, readers: 1 | -1): void {
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
