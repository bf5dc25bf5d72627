import { AsyncLocalStorage } from 'node:async_hooks';
import { context } from '@opentelemetry/api';
import type { DataSource, EntityManager, QueryRunner } from 'typeorm';
import { outgoing } from './append.js';
import type { MessagingClock } from './clock.js';
import type { Connections } from './connections.js';
import { type EncodedCommand, encodeEvent } from './encode.js';
import { CommitOutcomeUnknownError, MessagingUsageError } from './errors.js';
import type { Stream } from './message.js';
import type { UnitOutcome } from './observer.js';
import { hiddenConflict, rerunOnConflict, swallowed } from './rerun.js';
import { NO_PHASES, runAfterCommit, runBeforeCommit, runCallbacks, type UnitPhases } from './phases.js';
import { type Isolation, Transaction, type TransactionOptions } from './transaction.js';
import { type Branch, type ClosingStatement, Unit } from './unit.js';

export interface UnitOfWorkOptions {
  /** Default READ COMMITTED. Joining a unit that has begun with a weaker one is refused. */
  readonly isolation?: Isolation;
  readonly readOnly?: boolean;
  /** A savepoint of the current unit: rolled back alone, with the events recorded in it. */
  readonly nested?: boolean;
  /** A second transaction beside the current one; waiting for a row that the current one holds fails at lock_timeout. */
  readonly requiresNew?: boolean;
}

/**
 * One database transaction with the events recorded in it. Everything that runs inside, through any `await`, finds the
 * same unit, so handlers and repositories join it without a word.
 */
export class UnitOfWork {
  readonly #branches = new AsyncLocalStorage<Branch>();
  #phases: UnitPhases = NO_PHASES;

  readonly #ended = (outcome: UnitOutcome) => this.#phases.ended(outcome);
  private readonly createRunner: () => QueryRunner;

  constructor(
    dataSource: DataSource,
    private readonly connections: Connections,
    private readonly clock: MessagingClock,
    private readonly schema: string,
  ) {
    this.createRunner = dataSource.createQueryRunner.bind(dataSource, 'master');
  }

  /**
   * Runs `fn` in a unit of work: the current one if there is one, else a new one that is committed when `fn` is done.
   * A deadlock, a serialization failure or a lost version guard runs the outermost `fn` again, up to 5 times.
   *
   * @throws TransactionRolledBackError where PostgreSQL rolled back although `fn` succeeded
   * @throws CommitOutcomeUnknownError where COMMIT got no answer and none can be had
   */
  async run<T>(fn: (manager: EntityManager) => Promise<T>, options: UnitOfWorkOptions = {}): Promise<T> {
    const current = this.#branches.getStore();
    if (!current || options.requiresNew) {
      const pool = current ? 'nested' : 'request';
      return rerunOnConflict(() => this.once(fn, { ...options, pool }), this.#ended);
    }
    if (options.isolation) current.unit.transaction.isolate(options.isolation);
    return options.nested ? this.nested(current, fn) : this.join(current, fn);
  }

  /** For lanes and workers: as `run`, on their own connections. */
  async runAsWorker<T>(fn: (manager: EntityManager) => Promise<T>): Promise<T> {
    return rerunOnConflict(() => this.once(fn, { pool: 'worker' }), this.#ended);
  }

  /** The TypeORM runner of the current unit, which everything inside shares. */
  get runner(): QueryRunner | undefined {
    return this.#branches.getStore()?.unit.runner;
  }

  get active(): boolean {
    return this.runner !== undefined;
  }

  /** Adds events to the current unit; they are stored with its last statement. */
  record(stream: (Stream & { version?: number }) | undefined, events: readonly object[]): void {
    const { unit } = this.current('record an event');
    const recordedIn = context.active();
    for (const event of events)
      unit.add(unit.events, { event, encoded: encodeEvent(event, stream, this.clock.now()), recordedIn });
  }

  /** Adds a command for the workers to the current unit. */
  enqueue(command: EncodedCommand): void {
    const { unit } = this.current('store a command');
    unit.add(unit.commands, command);
  }

  /** Sends statements at the end of the current unit, in one flight with COMMIT: what nobody in it needs an answer to. */
  closeWith(...statements: readonly ClosingStatement[]): void {
    const { unit } = this.current('close with a statement');
    for (const statement of statements) unit.add(unit.closing, statement);
  }

  /** Runs `callback` once the current unit has really committed; its errors are logged. */
  afterCommit(callback: () => unknown): void {
    const { unit } = this.current('register an after-commit callback');
    unit.add(unit.afterCommit, () => callback());
  }

  /** Runs `callback` if the current unit, or the savepoint that it is in, is rolled back; its errors are logged. */
  afterRollback(callback: () => unknown): void {
    const { unit } = this.current('register an after-rollback callback');
    unit.add(unit.afterRollback, () => callback());
  }

  /** Runs `fn` as if there were no current unit. */
  outside<T>(fn: () => T): T {
    return this.#branches.exit(fn);
  }

  attach(phases: UnitPhases): void {
    this.#phases = phases;
  }

  private async join<T>(branch: Branch, fn: (manager: EntityManager) => Promise<T>): Promise<T> {
    try {
      return await fn(branch.unit.runner.manager);
    } catch (error) {
      branch.spoiled ??= { error };
      throw error;
    }
  }

  private async nested<T>(parent: Branch, fn: (manager: EntityManager) => Promise<T>): Promise<T> {
    const { unit } = parent;
    const branch: Branch = { unit, savepoint: await unit.openSavepoint() };
    let kept = false;
    try {
      const result = await this.#branches.run(branch, () => fn(unit.runner.manager));
      if (branch.spoiled) throw swallowed(branch.spoiled.error);
      kept = true;
      return result;
    } catch (error) {
      throw hiddenConflict(branch) ?? error;
    } finally {
      await unit.closeSavepoint(branch.savepoint!, kept);
    }
  }

  private async once<T>(fn: (manager: EntityManager) => Promise<T>, options: TransactionOptions): Promise<T> {
    const transaction = new Transaction(this.connections, options);
    const unit = new Unit(this.createRunner(), transaction, () => this.#branches.getStore());
    const branch: Branch = { unit };
    let result: T;
    try {
      result = await this.attempt(branch, fn);
    } catch (error) {
      const rolledBack = !(error instanceof CommitOutcomeUnknownError);
      if (rolledBack) await this.outside(() => runCallbacks(unit.afterRollback));
      throw error;
    }
    await this.outside(() => this.committed(unit, options));
    return result;
  }

  /** Commits the work or rolls it back, and gives the connection back: callbacks may need one. */
  private async attempt<T>(branch: Branch, fn: (manager: EntityManager) => Promise<T>): Promise<T> {
    const { unit } = branch;
    try {
      const result = await this.#branches.run(branch, async () => {
        const value = await fn(unit.runner.manager);
        await runBeforeCommit(unit, this.#phases);
        return value;
      });
      if (branch.spoiled) throw swallowed(branch.spoiled.error);
      await unit.commit(outgoing(this.schema, unit));
      return result;
    } catch (error) {
      await unit.rollback();
      throw hiddenConflict(branch) ?? error;
    } finally {
      await unit.release();
    }
  }

  /** A lane or a worker never waits for what happens after its commit. */
  private async committed(unit: Unit, { pool }: TransactionOptions): Promise<void> {
    const callbacks = runAfterCommit(unit, this.#phases);
    if (pool !== 'worker') await callbacks;
  }

  private current(what: string): Branch {
    const branch = this.#branches.getStore();
    if (!branch) throw new MessagingUsageError(`can't ${what} outside a unit of work`);
    if (branch.unit.ended)
      throw new MessagingUsageError(`can't ${what}: the unit of work has ended, await everything in it`);
    return branch;
  }
}
