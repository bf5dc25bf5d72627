import { Logger } from '@nestjs/common';
import { context } from '@opentelemetry/api';
import { announce } from './announce.js';
import type { Consumer, Work } from './consumer.js';
import type { StoredEvent } from './event-log.js';
import type { MessagingObserver, ObservedMessage } from './observer.js';
import { markFailed, startBatch, startProcessing, type Traced, type TracedMessage, traceIds } from './tracing.js';

interface AttemptedMessage extends TracedMessage {
  readonly kind: ObservedMessage['kind'];
  /** The message with its fields, and its handler. */
  describe(): string;
  /** What Nest's UnhandledExceptionBus calls the cause of a failure. */
  cause(): object | string;
}

/**
 * One attempt to handle a message, and all that is told of it: a span, log lines, and what the observer hears. It begins
 * when its handler is called, and ends when its effects are committed, or when they can't be. A transaction that is run
 * again because of a conflict is still the same attempt.
 */
export class Attempt {
  #traced?: Traced;
  #running = false;
  /** Its span is that of others, too, and not its own to end. */
  #shared = false;
  #began = 0;
  #durationMs?: number;

  constructor(
    readonly message: AttemptedMessage,
    private readonly observer: MessagingObserver,
    private readonly logger: Logger,
  ) {}

  /** Runs the handler, or what surrounds it. */
  run<T>(fn: () => T): T {
    if (!this.#running) this.begin();
    return this.within(fn);
  }

  /** Begins in the span of others, which are handled in the same call. */
  join(batch: Traced | undefined): void {
    this.begin(batch);
    this.#shared = true;
  }

  /** Runs what follows from it. */
  within<T>(fn: () => T): T {
    return this.#traced ? context.with(this.#traced.context, fn) : fn();
  }

  /** Its effects have been committed. */
  handled(): void {
    this.end();
    this.announce(() => `handled ${this.described} in ${this.#durationMs} ms`);
    this.observer.handled(this.observed);
  }

  /** What was begun is rolled back. Gives the error back. */
  failed<E>(error: E): E {
    if (this.#running && this.#traced && !this.#shared) markFailed(this.#traced.span, error);
    this.end();
    return error;
  }

  /** Tells of a failure that has been recorded; without a next attempt the message is given up. */
  report(error: unknown, nextAttemptAt: Date | undefined): void {
    const { attempt } = this.message;
    const outcome = nextAttemptAt
      ? `attempt ${attempt} failed for ${this.described}`
      : `gave up ${this.described} after ${attempt} attempts`;
    const fields = { ...this.fields, nextAttemptAt };
    this.logger[nextAttemptAt ? 'warn' : 'error'](`${outcome}: ${String(error)}`, fields, (error as Error)?.stack);
    const failure = { exception: error, cause: this.message.cause() };
    this.observer.failed(this.observed, nextAttemptAt === undefined, failure);
  }

  private begin(traced = startProcessing(this.message)): void {
    this.#traced = traced;
    this.#running = true;
    this.#shared = false;
    this.#began = performance.now();
    this.#durationMs = undefined;
    this.announce(() => `handling ${this.described}, attempt ${this.message.attempt}`);
  }

  private end(): void {
    if (!this.#running) return;
    this.#running = false;
    this.#durationMs = Math.round(performance.now() - this.#began);
    if (!this.#shared) this.#traced?.span.end();
  }

  private announce(line: () => string): void {
    announce(this.logger, line, () => this.fields);
  }

  private get observed(): ObservedMessage {
    const { kind, type, consumer = type } = this.message;
    return { kind, consumer };
  }

  get described(): string {
    return `${this.message.kind} ${this.message.describe()} (id ${this.message.id})`;
  }

  private get fields(): object {
    const { id: messageId, type, consumer = type, partition, position, stream, attempt, headers } = this.message;
    const { correlationId } = headers;
    const place = { partition, position, stream: stream && `${stream.type}-${stream.id}` };
    const durationMs = this.#durationMs;
    const trace = traceIds(headers, this.#traced?.context);
    return { messageId, type, consumer, ...place, attempt, durationMs, correlationId, ...trace };
  }
}

/** What a lane does about an event. */
export function attemptAt(
  stored: StoredEvent,
  attempt: number,
  consumer: Consumer,
  observer: MessagingObserver,
): Attempt {
  const { eventId: id, type, stream, partition, position, headers } = stored;
  const describe = () => `${consumer.describe(stored)} with handler ${consumer.name}`;
  const cause = () => consumer.cause(stored);
  const message = { id, type, stream, partition, position, headers, attempt, consumer: consumer.name };
  return new Attempt({ ...message, kind: 'event', describe, cause }, observer, new Logger(consumer.name));
}

interface Step {
  readonly attempt: Attempt;
}

/** Runs the transaction of these attempts; one that is alone in it has all of it in its span. */
export async function settle(steps: readonly Step[], transaction: () => Promise<void>): Promise<void> {
  const [first, second] = steps;
  try {
    await (first && !second ? first.attempt.run(transaction) : transaction());
  } catch (error) {
    for (const { attempt } of steps) attempt.failed(error);
    throw error;
  }
  for (const { attempt } of steps) attempt.handled();
}

/** Messages that are handed over all at once are handled in one span. */
export function inOneCall(steps: readonly Step[], work: Work): Work {
  return async () => {
    const batch = startBatch(steps.map(({ attempt }) => attempt.message));
    for (const { attempt } of steps) attempt.join(batch);
    if (!batch) return work();
    try {
      await context.with(batch.context, work);
    } catch (error) {
      markFailed(batch.span, error);
      throw error;
    } finally {
      batch.span.end();
    }
  };
}
