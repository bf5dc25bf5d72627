import { Logger } from '@nestjs/common';
import { MessagingUsageError } from './errors.js';
import type { UnitOutcome } from './observer.js';
import type { RecordedEvent, Unit } from './unit.js';

/** Before-commit handlers that raise this many events in one unit raise them without end. */
const MAX_EVENTS = 10_000;

const logger = new Logger('UnitOfWork');

/** What the rest of the core does at a unit's edges. */
export interface UnitPhases {
  /** Runs inside the transaction for each event, also those that it raises itself. */
  beforeCommit(recorded: RecordedEvent): Promise<void>;
  /** Hears how each run of a unit ended. Must not throw. */
  ended(outcome: UnitOutcome): void;
  /** A verified commit: wakes whoever delivers. Must not throw. */
  committed(unit: Unit): void;
  /** Runs after the unit's own callbacks, for each event. */
  afterCommit(recorded: RecordedEvent): Promise<void>;
}

export const NO_PHASES: UnitPhases = {
  beforeCommit: async () => undefined,
  ended: () => undefined,
  committed: () => undefined,
  afterCommit: async () => undefined,
};

/** Index by index, as handlers add events to the end of the list. */
export async function runBeforeCommit(unit: Unit, phases: UnitPhases): Promise<void> {
  const limit = unit.events.length + MAX_EVENTS;
  for (let i = 0; i < unit.events.length; i++) {
    if (i >= limit) throw new MessagingUsageError('before-commit handlers raise events without end');
    await phases.beforeCommit(unit.events[i]!);
  }
}

/** Wakes whoever delivers, then runs the unit's own callbacks, then the after-commit handlers of its events. */
export async function runAfterCommit(unit: Unit, phases: UnitPhases): Promise<void> {
  phases.committed(unit);
  await runCallbacks([...unit.afterCommit, ...unit.events.map((recorded) => () => phases.afterCommit(recorded))]);
}

/** Runs callbacks in order; an error of one is logged, and no concern of the others. */
export async function runCallbacks(callbacks: readonly (() => unknown)[]): Promise<void> {
  for (const callback of callbacks) {
    try {
      await callback();
    } catch (error) {
      logger.error(`a callback failed: ${String(error)}`, (error as Error)?.stack);
    }
  }
}
