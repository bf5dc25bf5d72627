import type { Context } from '@opentelemetry/api';
import type { QueryRunner } from 'typeorm';
import type { QueryResult } from 'pg';
import type { Statement } from './statement.js';
import { MessagingUsageError, TransactionRolledBackError } from './errors.js';
import type { EncodedCommand, EncodedEvent } from './encode.js';
import { closing, newSavepoint, type Savepoint } from './savepoint.js';
import type { Transaction } from './transaction.js';

export interface RecordedEvent {
  readonly event: object;
  readonly encoded: EncodedEvent;
  /** The span that was active. */
  readonly recordedIn: Context;
}

/** A statement for the end of the unit, sent in one flight with COMMIT. */
export interface ClosingStatement extends Statement {
  /** Sees the result after the commit; not called where the answers were lost and only the outcome is known. */
  readonly onCommitted?: (result: QueryResult) => void;
}

/** Where code runs: in a unit, and perhaps in one of its savepoints. A joined run that failed spoils its branch. */
export interface Branch {
  readonly unit: Unit;
  readonly savepoint?: Savepoint;
  spoiled?: { readonly error: unknown };
}

/** One transaction with what was recorded in it. Its QueryRunner is the one that every TypeORM call inside finds. */
export class Unit {
  events: RecordedEvent[] = [];
  commands: EncodedCommand[] = [];
  afterCommit: (() => unknown)[] = [];
  readonly afterRollback: (() => unknown)[] = [];
  closing: ClosingStatement[] = [];
  /** Savepoints of transactions that were begun by hand on the runner. */
  readonly #byHand: Savepoint[] = [];
  /** Resolves when every statement sent so far has its answer. */
  #answered: Promise<unknown> = Promise.resolve();
  #open: Savepoint[] = [];
  #savepoints = 0;
  #ended = false;

  constructor(
    readonly runner: QueryRunner,
    readonly transaction: Transaction,
    private readonly branch: () => Branch | undefined,
  ) {
    this.adopt(runner);
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** Adds to one of this unit's lists; what is added in a savepoint goes when that is rolled back. */
  add<T extends object>(list: T[], entry: T): void {
    list.push(entry);
    for (const savepoint of this.#byHand) savepoint.recorded.add(entry);
    for (let own = this.branch()?.savepoint; own; own = own.outer) own.recorded.add(entry);
  }

  async commit(append: readonly ClosingStatement[]): Promise<void> {
    this.#ended = true;
    await this.#answered;
    if (this.#open.length > 0) throw new MessagingUsageError('a savepoint is still open: it was not awaited');
    const statements = [...this.closing, ...append];
    const results = await this.transaction.commit(statements);
    statements.forEach((statement, i) => results[i] && statement.onCommitted?.(results[i]));
  }

  async rollback(): Promise<void> {
    this.#ended = true;
    await this.#answered;
    await this.transaction.rollback();
  }

  async release(): Promise<void> {
    this.#ended = true;
    await this.transaction.release();
  }

  /** Opens a savepoint for the calling branch; only that branch may then use the connection. */
  async openSavepoint(): Promise<Savepoint> {
    if (this.#open.at(-1) !== this.branch()?.savepoint) {
      throw new MessagingUsageError('two savepoints at once on one connection destroy each other: run them in turn');
    }
    const savepoint = this.mark();
    this.#open.push(savepoint);
    try {
      await this.send(() => this.#query(`SAVEPOINT ${savepoint.name}`));
    } catch (error) {
      this.forget(savepoint);
      throw error;
    }
    return savepoint;
  }

  /** @throws TransactionRolledBackError where it can't be kept, because a statement in it had failed */
  async closeSavepoint(savepoint: Savepoint, keep: boolean): Promise<void> {
    try {
      if (keep) await this.keep(savepoint);
      else await this.undo(savepoint);
    } finally {
      this.forget(savepoint);
    }
  }

  private async keep(savepoint: Savepoint): Promise<void> {
    try {
      await this.send(() => this.#query(`RELEASE SAVEPOINT ${savepoint.name}`));
    } catch (cause) {
      await this.undo(savepoint);
      const message = 'a statement failed inside the savepoint and its error was swallowed';
      throw new TransactionRolledBackError(message, { cause });
    }
  }

  private async undo({ name, recorded }: Savepoint): Promise<void> {
    const stays = (entry: object) => !recorded.has(entry);
    this.events = this.events.filter(stays);
    this.commands = this.commands.filter(stays);
    this.closing = this.closing.filter(stays);
    // However the unit ends, callbacks for this rollback have to run; not before, for it holds a connection.
    const undone = this.afterRollback.filter((callback) => !stays(callback));
    this.afterCommit = [...this.afterCommit.filter(stays), ...undone];
    await this.send(() => this.#query(`ROLLBACK TO SAVEPOINT ${name}; RELEASE SAVEPOINT ${name}`));
  }

  private forget(savepoint: Savepoint): void {
    this.#open = this.#open.filter((open) => open !== savepoint);
    savepoint.close();
  }

  private mark(): Savepoint {
    return newSavepoint(`aftercommit_${++this.#savepoints}`, this.branch()?.savepoint);
  }

  #query!: QueryRunner['query'];
  #querying = false;

  /** Makes TypeORM's runner a part of this unit: it neither ends the transaction nor gives its connection away. */
  private adopt(runner: QueryRunner): void {
    const query = runner.query.bind(runner);
    // It asks for its connection before it first waits.
    this.#query = (...args: Parameters<QueryRunner['query']>) => {
      this.#querying = true;
      const sent = query(...args);
      this.#querying = false;
      return sent;
    };
    Object.assign(runner, {
      isTransactionActive: true,
      transactionDepth: 1,
      connect: () => (this.#querying ? this.transaction.preparing() : this.transaction.connection()),
      query: (...args: Parameters<QueryRunner['query']>) => this.gated(() => this.#query(...args)),
      release: async () => undefined,
      // By hand on a joined runner: a savepoint without a branch, so it can't keep other branches out.
      startTransaction: async () => {
        const savepoint = this.mark();
        await this.gated(() => this.#query(`SAVEPOINT ${savepoint.name}`));
        this.#byHand.push(savepoint);
      },
      commitTransaction: async () => {
        await this.send(() => this.#query(`RELEASE SAVEPOINT ${this.begunByHand().name}`));
        this.#byHand.pop();
      },
      rollbackTransaction: async () => {
        await this.undo(this.begunByHand());
        this.#byHand.pop();
      },
    });
  }

  private begunByHand(): Savepoint {
    const last = this.#byHand.at(-1);
    if (last) return last;
    throw new MessagingUsageError('no transaction was started by hand here, and the unit of work ends its own');
  }

  /** While a savepoint is open only its own branch may send: another's work would be undone with it. */
  private async gated<T>(work: () => Promise<T>): Promise<T> {
    const own = this.branch()?.savepoint;
    for (let open = this.#open.at(-1); open && open !== own; open = this.#open.at(-1)) await closing(open);
    return this.send(work);
  }

  /** In the order of the calls: parallel branches share the connection, which pipelines their statements where it can. */
  private send<T>(work: () => Promise<T>): Promise<T> {
    if (this.#ended) {
      const message = 'the unit of work has ended: a query was sent by something not awaited';
      return Promise.reject(new MessagingUsageError(message));
    }
    const sent = this.transaction.pipelines ? work() : this.#answered.then(work);
    this.#answered = Promise.allSettled([this.#answered, sent]);
    return sent;
  }
}
