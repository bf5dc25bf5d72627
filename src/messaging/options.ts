import type { DynamicModule, ModuleMetadata } from '@nestjs/common';
import type { Duration, QueuedOptions } from './decorators.js';
import { v7 } from 'uuid';
import { MessagingObserver } from './observer.js';

export interface MessagingOptions {
  /** The PostgreSQL schema that `messagingMigrations(schema)` made. Default `messaging`. */
  schema?: string;
  /** Boot fails where a message or a durable handler has no `@Message` or `@Consumer` name. Default false. */
  strictNames?: boolean;
  /** Waits between attempts where a consumer or command names none of its own. */
  retry?: readonly Duration[];
  /** For settings of queued commands that come from a configuration. */
  commands?: CommandSettings;
  /** Connections of lanes and workers; they are a pool of their own so that work can't starve requests. Default 10. */
  workerPoolSize?: number;
  /** Connections for `requiresNew`: taken while another one is held, so they must not come from the same pool. Default 4. */
  nestedPoolSize?: number;
  /** The scheduled safety net. Off, only commits and notifications wake this instance; leases are renewed all the same. Default true. */
  poll?: boolean;
  /** Whether the module keeps time itself. Off where the application's scheduler calls `OutboxForwarder.tick()` every `TICK_MS`. Default true. */
  timer?: boolean;
  /** Whether this instance delivers; without it, it only records. Default true. */
  deliver?: boolean;
  /** How long a dead instance's partitions stay with it; at least 3 s. Default 15 s. */
  lease?: Duration;
  /** How long events stay readable in the log; what a consumer has not handled stays in any case. Default 30 days. */
  keepEvents?: Duration;
  /** How long a shutdown waits for running handlers. Default 10 s. */
  shutdownTimeout?: Duration;
  /** Hears what the core does, to count or trace it. */
  observer?: MessagingObserver;
}

/** By the command's class: what takes the place of the settings in its `@Queued`. */
export type CommandSettings = ReadonlyMap<object, Pick<QueuedOptions, 'retry' | 'timeout' | 'concurrency'>>;

export interface MessagingAsyncOptions extends Pick<ModuleMetadata, 'imports'> {
  inject?: DynamicModule['exports'];
  useFactory: (...args: never[]) => MessagingOptions | Promise<MessagingOptions>;
}

export const MESSAGING_OPTIONS = Symbol('aftercommit:options');

/** Three quick attempts in sequence, then longer waits: an outage of hours is survived, a bug is known within seconds. */
export const DEFAULT_RETRY: readonly Duration[] = ['1s', '2s', '10s', '1m', '5m', '30m', '2h'];

export type Settings = Readonly<
  Required<Omit<MessagingOptions, 'lease' | 'keepEvents' | 'shutdownTimeout' | 'retry'>>
> & {
  /** Who this instance is, in its leases. */
  readonly instance: string;
  readonly leaseMs: number;
  readonly keepEventsMs: number;
  readonly shutdownTimeoutMs: number;
  readonly retry: readonly number[];
};

export function settingsFrom(options: MessagingOptions): Settings {
  return {
    instance: v7(),
    schema: options.schema ?? 'messaging',
    strictNames: options.strictNames ?? false,
    retry: (options.retry ?? DEFAULT_RETRY).map(milliseconds),
    commands: options.commands ?? new Map(),
    workerPoolSize: options.workerPoolSize ?? 10,
    nestedPoolSize: options.nestedPoolSize ?? 4,
    poll: options.poll ?? true,
    timer: options.timer ?? true,
    deliver: options.deliver ?? true,
    leaseMs: leaseOf(options),
    keepEventsMs: milliseconds(options.keepEvents ?? '30d'),
    shutdownTimeoutMs: milliseconds(options.shutdownTimeout ?? '10s'),
    observer: options.observer ?? new MessagingObserver(),
  };
}

/** A tick, which renews it, comes every 1.2 s: with less, live instances would take each other's partitions. */
const SHORTEST_LEASE_MS = 3_000;

function leaseOf({ lease = '15s' }: MessagingOptions): number {
  const ms = milliseconds(lease);
  if (ms < SHORTEST_LEASE_MS) throw new RangeError(`a lease of ${lease} is too short: it must be at least 3s`);
  return ms;
}

const UNITS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** Throws a RangeError for what is no {@link Duration}. */
export function milliseconds(duration: Duration): number {
  if (typeof duration === 'number' && duration >= 0 && duration < Infinity) return duration;
  const [, amount, unit] = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(String(duration)) ?? [];
  if (!amount) throw new RangeError(`"${duration}" is no duration; write it like 250ms, 10s, 5m, 2h or 1d`);
  return Number(amount) * UNITS[unit as keyof typeof UNITS];
}
