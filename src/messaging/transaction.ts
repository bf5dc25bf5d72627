import type { PoolClient, QueryResult } from 'pg';
import { begin } from './begin.js';
import { type Connections, cork, type PoolName } from './connections.js';
import { CommitOutcomeUnknownError, MessagingUsageError, TransactionRolledBackError } from './errors.js';
import { errorCode, isConnectionLoss } from './postgres-errors.js';
import { sendStatement, type Statement } from './statement.js';

/** From weak to strict. */
const ISOLATION = ['READ COMMITTED', 'REPEATABLE READ', 'SERIALIZABLE'] as const;

export type Isolation = (typeof ISOLATION)[number];

export interface TransactionOptions {
  readonly pool: PoolName;
  readonly isolation?: Isolation;
  readonly readOnly?: boolean;
}

/** How long to ask for the outcome of a COMMIT whose answer was lost, before giving up. */
const OUTCOME_ATTEMPTS = [50, 100, 250, 500, 1_000, 2_000, 4_000];

/** What PostgreSQL answers to every statement after one that failed. */
const IN_FAILED_TRANSACTION = '25P02';

/** A PostgreSQL transaction on a connection of its own, begun with the first statement and verified at the end. */
export class Transaction {
  #client?: Promise<PoolClient>;
  #begun?: Promise<string>;
  #failure?: Error;
  #isolation: Isolation;

  constructor(
    private readonly connections: Connections,
    private readonly options: TransactionOptions,
  ) {
    this.#isolation = options.isolation ?? 'READ COMMITTED';
  }

  /** Makes it at least so strict, for somebody who joins; PostgreSQL allows that before the first statement only. */
  isolate(wanted: Isolation): void {
    if (ISOLATION.indexOf(wanted) <= ISOLATION.indexOf(this.#isolation)) return;
    if (this.#begun) {
      const begun = `it has begun as ${this.#isolation}`;
      throw new MessagingUsageError(`can't join this unit of work as ${wanted}: ${begun}; open it with that isolation`);
    }
    this.#isolation = wanted;
  }

  /** Whether statements may be sent before those ahead of them are answered. */
  get pipelines(): boolean {
    return this.connections.pipelines;
  }

  /** The connection, after BEGIN is on its way: with a pipelining connection the next statement travels with it. */
  async connection(): Promise<PoolClient> {
    const client = await (this.#client ??= this.connect());
    this.#begun ??= this.begin(client);
    if (!this.pipelines) await this.#begun;
    return client;
  }

  /** The connection as TypeORM is to see it: statements that recur are sent by name. */
  async preparing(): Promise<Pick<PoolClient, 'query'>> {
    const client = await this.connection();
    const { prepared } = this.connections;
    return { query: ((...args: unknown[]) => prepared.send(client, args)) as PoolClient['query'] };
  }

  /**
   * Sends the last statements and COMMIT, in one flight where the connection pipelines: a statement that fails turns
   * COMMIT into a rollback. Only the answer `COMMIT` counts; a failure swallowed earlier is answered with `ROLLBACK`.
   * A result is undefined where its answer was lost and the transaction is known to have been committed all the same.
   */
  async commit(statements: readonly Statement[]): Promise<(QueryResult | undefined)[]> {
    if (!this.#client && statements.length === 0) return [];
    const client = await this.connection();
    const { results, commit } = await this.finish(client, statements);
    const failure: unknown = results.find((result) => result.status === 'rejected')?.reason;
    if ((await this.verified(commit, failure)) !== 'COMMIT') {
      throw failure === undefined || errorCode(failure) === IN_FAILED_TRANSACTION ? swallowed() : failure;
    }
    return results.map((result) => (result.status === 'fulfilled' ? result.value : undefined));
  }

  async rollback(): Promise<void> {
    if (!this.#begun) return;
    const client = await this.#client!;
    await client.query('ROLLBACK').catch((error: Error) => (this.#failure ??= error));
  }

  /** Gives the connection back; a broken one is closed. */
  async release(): Promise<void> {
    if (!this.#client) return;
    const client = await this.#client.catch(() => undefined);
    client?.removeListener('error', this.onError);
    client?.release(this.#failure);
  }

  private async connect(): Promise<PoolClient> {
    const client = await this.connections.connect(this.options.pool);
    client.on('error', this.onError);
    return client;
  }

  private readonly onError = (error: Error): void => {
    this.#failure ??= error;
  };

  /**
   * Also asks for the transaction's id: should COMMIT's answer be lost, it is the only way to learn what happened.
   * Workers do without: whatever they do again finds its progress, or its command, gone.
   */
  private begin(client: PoolClient): Promise<string> {
    const { readOnly, pool } = this.options;
    const uncork = cork(client);
    const text = `BEGIN ISOLATION LEVEL ${this.#isolation}${readOnly ? ' READ ONLY' : ''}`;
    const begun = begin(client, text, { id: !readOnly && pool !== 'worker' });
    // The unit's first statement is sent in the same turn of the event loop: it leaves together with BEGIN.
    process.nextTick(uncork);
    begun.catch((error: Error) => (this.#failure ??= error));
    return begun;
  }

  private async finish(client: PoolClient, statements: readonly Statement[]) {
    const results: Promise<QueryResult>[] = [];
    const uncork = cork(client);
    for (const statement of statements) {
      const sent = sendStatement(client, statement);
      results.push(sent);
      sent.catch(() => undefined);
      if (!this.pipelines && !(await settled(sent))) break;
    }
    const commit = client.query('COMMIT').then((result) => result.command);
    uncork();
    commit.catch(() => undefined);
    return { results: await Promise.allSettled(results), commit };
  }

  private async verified(commit: Promise<string>, failure: unknown): Promise<string> {
    try {
      return await commit;
    } catch (error) {
      // 57P01, or no SQLSTATE at all, leaves open whether it happened; any other error is a rollback (40001, 23503, …).
      if (errorCode(error) && !isConnectionLoss(error)) throw error;
      this.#failure ??= error as Error;
      return this.outcome(await this.#begun!.catch(() => ''), failure ?? error);
    }
  }

  /** Asks on new connections; the server may need a moment to notice that the old one is gone. */
  private async outcome(xid: string, cause: unknown): Promise<string> {
    for (const wait of xid ? OUTCOME_ATTEMPTS : []) {
      const status = await this.askStatus(xid).catch(() => undefined);
      if (status === 'committed') return 'COMMIT';
      if (status === 'aborted') throw cause;
      await new Promise((resolve) => setTimeout(resolve, wait));
    }
    if (!xid) throw cause;
    throw new CommitOutcomeUnknownError('COMMIT got no answer, and PostgreSQL cannot be asked for the outcome', {
      cause,
    });
  }

  private async askStatus(xid: string): Promise<string | null> {
    const client = await this.connections.dedicated();
    try {
      const { rows } = await client.query('select pg_xact_status($1::xid8) as status', [xid]);
      return rows[0].status;
    } finally {
      await client.end();
    }
  }
}

function swallowed(): Error {
  return new TransactionRolledBackError(
    'PostgreSQL answered ROLLBACK to COMMIT: a statement failed inside the unit of work and its error was swallowed',
  );
}

async function settled(query: Promise<unknown>): Promise<boolean> {
  return query.then(
    () => true,
    () => false,
  );
}
