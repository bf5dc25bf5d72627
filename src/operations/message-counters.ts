import { Injectable } from '@nestjs/common';
import { Counter, Gauge, Registry } from 'prom-client';
import { MessagingObserver, type ObservedMessage, type UnitOutcome } from '../messaging/index.js';

const MESSAGE = ['kind', 'consumer'] as const;
const OUTCOMES: readonly UnitOutcome[] = ['committed', 'rolled_back', 'rerun', 'unknown'];

/** Counts what the messaging core does in this process. */
@Injectable()
export class MessageCounters extends MessagingObserver {
  readonly #handled: Counter<'kind' | 'consumer'>;
  readonly #failed: Counter<'kind' | 'consumer'>;
  readonly #givenUp: Counter<'kind' | 'consumer'>;
  readonly #units: Counter<'outcome'>;
  readonly #moves: Counter<'direction'>;
  readonly #partitions: Gauge;

  constructor(registry: Registry) {
    super();
    const counter = <L extends string>(name: string, help: string, labelNames: readonly L[]) =>
      new Counter({ name: `aftercommit_${name}`, help, labelNames, registers: [registry] });
    this.#handled = counter('messages_handled_total', 'Messages whose effects were committed.', MESSAGE);
    this.#failed = counter('messages_failed_total', 'Attempts that failed.', MESSAGE);
    this.#givenUp = counter('messages_given_up_total', 'Messages whose attempts are used up.', MESSAGE);
    this.#units = counter('units_of_work_total', 'Runs of units of work, by how they ended.', ['outcome']);
    this.#moves = counter('lease_moves_total', 'Partitions that this instance leased, or that left it.', ['direction']);
    this.#partitions = new Gauge({
      name: 'aftercommit_partitions',
      help: 'Partitions that this instance works on.',
      registers: [registry],
    });
    for (const outcome of OUTCOMES) this.#units.inc({ outcome }, 0);
    for (const direction of ['taken', 'left']) this.#moves.inc({ direction }, 0);
  }

  override handled({ kind, consumer }: ObservedMessage): void {
    this.#handled.inc({ kind, consumer });
  }

  override failed({ kind, consumer }: ObservedMessage, givenUp: boolean): void {
    this.#failed.inc({ kind, consumer });
    if (givenUp) this.#givenUp.inc({ kind, consumer });
  }

  override unitEnded(outcome: UnitOutcome): void {
    this.#units.inc({ outcome });
  }

  override leasesMoved(direction: 'taken' | 'left', partitions: number): void {
    this.#moves.inc({ direction }, partitions);
    this.#partitions.inc(direction === 'taken' ? partitions : -partitions);
  }
}
