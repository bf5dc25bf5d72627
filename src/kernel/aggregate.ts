import { AggregateRoot } from '@nestjs/cqrs';
import { DomainError } from './domain-error.js';

/** The versions that a change is meant for; undefined where any will do. */
export type ExpectedVersions = readonly number[] | undefined;

/**
 * Wraps one plain, immutable state. Verbs guard, then `change` the state and record what happened in the same call;
 * a verb that finds its work already done returns without calling it, and then nothing is written.
 *
 * `version` counts the changes that were stored, beginning with 1: it is the ETag and the guard against lost updates.
 */
export abstract class Aggregate<State extends { readonly version: number }> extends AggregateRoot<object> {
  #state: Readonly<State>;

  protected constructor(state: Readonly<State>) {
    super();
    this.#state = state;
  }

  /** The kind of stream that this aggregate's events belong to, such as `order`. */
  abstract readonly streamType: string;
  abstract get streamId(): string;

  get state(): Readonly<State> {
    return this.#state;
  }

  get version(): number {
    return this.#state.version;
  }

  /** Refuses a change that was decided on by looking at another version. */
  mustBeAt(expected: ExpectedVersions): void {
    if (expected?.includes(this.version) ?? true) return;
    const currentVersion = this.version;
    const message = `It has changed: version ${currentVersion} is the current one.`;
    throw new DomainError('VERSION_MISMATCH', 'precondition-failed', message, { currentVersion });
  }

  protected change(patch: Partial<State>, ...events: object[]): void {
    this.#state = { ...this.#state, ...patch };
    for (const event of events) this.apply(event);
  }
}
