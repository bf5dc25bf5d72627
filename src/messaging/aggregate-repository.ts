import type { EntityManager } from 'typeorm';
import { ConcurrencyConflictError } from './errors.js';
import type { UnitOfWork } from './unit-of-work.js';

/** What a repository needs to know of an aggregate; any `AggregateRoot` of `@nestjs/cqrs` with these members will do. */
export interface StoredAggregate {
  readonly streamType: string;
  readonly streamId: string;
  readonly state: { readonly version: number };
  getUncommittedEvents(): object[];
  uncommit(): void;
}

/**
 * A collection of aggregates on PostgreSQL. Loading, locking, deciding, writing and recording the events are one verb,
 * so that none of them can be forgotten.
 */
export abstract class AggregateRepository<A extends StoredAggregate> {
  constructor(protected readonly unitOfWork: UnitOfWork) {}

  /** Stores a new aggregate as version 1, with its events. */
  async add(aggregate: A): Promise<void> {
    await this.unitOfWork.run(async (manager) => {
      await this.insert(manager, { ...aggregate.state, version: 1 });
      this.record(aggregate, 1);
    });
  }

  /** Runs `decide` on the locked aggregate and stores what it changed; when it changes nothing, nothing is written. */
  async change<R>(id: string, decide: (aggregate: A) => R | Promise<R>): Promise<R> {
    return this.unitOfWork.run(async (manager) => {
      const aggregate = await this.load(manager, id);
      const before = aggregate.state;
      const result = await decide(aggregate);
      if (aggregate.state !== before) {
        const version = before.version + 1;
        const affected = await this.update(manager, { ...aggregate.state, version }, before);
        if (affected === 0) throw new ConcurrencyConflictError(`${aggregate.streamType} ${id} was changed elsewhere`);
        this.record(aggregate, version);
      }
      return result;
    });
  }

  private record(aggregate: A, version: number): void {
    const stream = { type: aggregate.streamType, id: aggregate.streamId, version };
    this.unitOfWork.record(stream, aggregate.getUncommittedEvents());
    aggregate.uncommit();
  }

  /** Loads under a row lock (`FOR UPDATE`), or throws the domain's own "not found". */
  protected abstract load(manager: EntityManager, id: string): Promise<A>;
  protected abstract insert(manager: EntityManager, state: A['state']): Promise<void>;
  /** Writes `state` if the stored version is still `before.version`; returns the number of rows written. */
  protected abstract update(manager: EntityManager, state: A['state'], before: A['state']): Promise<number>;
}
