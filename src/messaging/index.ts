export * from './aggregate-repository.js';
export { MessagingClock } from './clock.js';
export {
  AfterCommit,
  BeforeCommit,
  Consumer,
  Queued,
  type AfterCommitOptions,
  type ConsumerOptions,
  type Duration,
  type QueuedOptions,
} from './decorators.js';
export * from './consumer-overview.js';
export type { BatchHandler } from './discovery.js';
export * from './dead-letters.js';
export * from './errors.js';
export * from './event-feed.js';
export { Inbox } from './inbox.js';
export { IdempotencyKeys, type IdempotentRequest } from './idempotency-keys.js';
export {
  Fields,
  instant,
  Message,
  messageName,
  type MessageClass,
  type MessageOptions,
  type Stream,
  type Upcast,
} from './message.js';
export {
  currentHeaders,
  currentMessage,
  withHeaders,
  type MessageContext,
  type MessageHeaders,
} from './message-context.js';
export { MessagingModule } from './messaging.module.js';
export { messagingMigrations, messagingSql } from './migrations/index.js';
export { type CommandSettings, type MessagingAsyncOptions, type MessagingOptions, milliseconds } from './options.js';
export { MessagingObserver, type ObservedMessage, type UnitOutcome } from './observer.js';
export { PersonalData } from './personal-data.js';
export { OutboxForwarder, TICK_MS } from './outbox-forwarder.js';
export { QueuedCommands, type SendOptions } from './queued-commands.js';
export { MessagingStatus, type MessagingSnapshot } from './status.js';
export { type EventRelay, Relay, type RelayedEvent, type RelayOptions } from './relay.js';
export { isInfrastructureFailure } from './postgres-errors.js';
export { traceIds } from './tracing.js';
export { UnitOfWork, type UnitOfWorkOptions } from './unit-of-work.js';
