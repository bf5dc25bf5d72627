import type { UnhandledExceptionInfo } from '@nestjs/cqrs';

/** A message and who it is for. */
export interface ObservedMessage {
  readonly kind: 'event' | 'command';
  /** The consumer's name; of a command its own type, since it has one handler. */
  readonly consumer: string;
}

/** How one run of a unit of work ended; a `rerun` was rolled back because of a conflict, and another run follows. */
export type UnitOutcome = 'committed' | 'rolled_back' | 'rerun' | 'unknown';

/**
 * What the core tells of its work in this process, as it happens. Extend it to count. It is called between
 * commits, so its methods must be quick, and must not throw.
 */
export class MessagingObserver {
  /** The effects of a message have been committed. */
  handled(_message: ObservedMessage): void {}

  /** An attempt failed; when it was the last one, the message is given up. */
  failed(_message: ObservedMessage, _givenUp: boolean, _failure: UnhandledExceptionInfo): void {}

  unitEnded(_outcome: UnitOutcome): void {}

  /** This instance leased partitions, or they left it. */
  leasesMoved(_direction: 'taken' | 'left', _partitions: number): void {}
}

/** Tells an observer what happens, and Nest what failed. */
export class FailureTeller extends MessagingObserver {
  constructor(
    private readonly observer: MessagingObserver,
    private readonly tell: (failure: UnhandledExceptionInfo) => void,
  ) {
    super();
  }

  override handled(message: ObservedMessage): void {
    this.observer.handled(message);
  }

  override failed(message: ObservedMessage, givenUp: boolean, failure: UnhandledExceptionInfo): void {
    this.observer.failed(message, givenUp, failure);
    this.tell(failure);
  }

  override unitEnded(outcome: UnitOutcome): void {
    this.observer.unitEnded(outcome);
  }

  override leasesMoved(direction: 'taken' | 'left', partitions: number): void {
    this.observer.leasesMoved(direction, partitions);
  }
}
