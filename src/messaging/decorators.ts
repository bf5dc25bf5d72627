import 'reflect-metadata';
import type { ICommand } from '@nestjs/cqrs';

/** Milliseconds, or a number with a unit: `250ms`, `10s`, `5m`, `2h`, `1d`. */
export type Duration = number | `${number}${'ms' | 's' | 'm' | 'h' | 'd'}`;

export interface ConsumerOptions<E extends object = never> {
  /** Waits between attempts; when they are used up the message is a dead letter. */
  retry?: readonly Duration[];
  /** What waits behind a failing message: by default its stream. */
  parkBy?: (event: E) => string;
  /** Events per transaction, above 1 only for projections. Default 1; with `handleBatch`, and of sagas, 100. */
  batch?: number;
  /**
   * `false`: runs outside any transaction, for what no transaction can hold. At least once, in order per stream, with
   * `context.messageId` as the key of repeats; its progress is stored after it. Default true.
   */
  transaction?: boolean;
  /** Of a consumer outside transactions: after this its signal is aborted and the attempt has failed. Default 15 s. */
  timeout?: Duration;
  /** Where a new consumer starts. Default `now`. */
  from?: 'now' | 'beginning';
}

export interface QueuedOptions<C extends ICommand = never> {
  /**
   * `database`: the worker opens the unit of work and completes the command in it, exactly once.
   * `outside`: runs outside any transaction, at least once, with a lease, a fence and a timeout.
   */
  effect: 'database' | 'outside';
  /** Commands with the same key, of whatever types, run one at a time, in stored order. Default: the stream of the event that led to them. */
  key?: (command: C) => string;
  /** After this an outside command's signal is aborted and the attempt has failed. Default 15 s. */
  timeout?: Duration;
  /** Commands of this type that run at once in one process. Default 4. */
  concurrency?: number;
  retry?: readonly Duration[];
  /** Recurs at this interval, once in the whole cluster; its class takes no arguments. */
  every?: Duration;
}

export interface AfterCommitOptions {
  /** Not waited for by the publisher. */
  detached?: boolean;
}

export type Phase = { readonly kind: 'before-commit' } | { readonly kind: 'after-commit'; readonly detached: boolean };

const CONSUMER = Symbol('aftercommit:consumer');
const QUEUED = Symbol('aftercommit:queued');
const PHASE = Symbol('aftercommit:phase');

/** The stable name under which a durable handler's progress is kept. */
export function Consumer<E extends object>(name: string, options: ConsumerOptions<E> = {}): ClassDecorator {
  return (target) => Reflect.defineMetadata(CONSUMER, { name, ...options }, target);
}

/** Runs the handler inside the publisher's transaction; an error rolls it back. */
export function BeforeCommit(): ClassDecorator {
  return (target) => Reflect.defineMetadata(PHASE, { kind: 'before-commit' } satisfies Phase, target);
}

/** Runs the handler in the publisher's process after a verified commit; errors are logged, and a crash loses it. */
export function AfterCommit(options: AfterCommitOptions = {}): ClassDecorator {
  const phase: Phase = { kind: 'after-commit', detached: options.detached ?? false };
  return (target) => Reflect.defineMetadata(PHASE, phase, target);
}

/** Lets a command be stored and run later by a worker; see {@link QueuedOptions}. */
export function Queued<C extends ICommand>(options: QueuedOptions<C>) {
  return (target: abstract new (...args: never[]) => C): void => Reflect.defineMetadata(QUEUED, options, target);
}

export type AnyConsumerOptions = ConsumerOptions<object> & { name?: string };

export function consumerOptions(target: object): AnyConsumerOptions {
  return Reflect.getOwnMetadata(CONSUMER, target) ?? {};
}

export function queuedOptions(target: object): QueuedOptions<ICommand> | undefined {
  return Reflect.getOwnMetadata(QUEUED, target);
}

/** Undefined for a durable handler, which is the default. */
export function phaseOf(target: object): Phase | undefined {
  return Reflect.getOwnMetadata(PHASE, target);
}
