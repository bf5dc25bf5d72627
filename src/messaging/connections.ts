import type { Writable } from 'node:stream';
import pg from 'pg';
import type { DataSource } from 'typeorm';
import { begin } from './begin.js';
import type { Settings } from './options.js';
import { PreparedStatements } from './prepared-statements.js';
import { sendStatement, type Statement } from './statement.js';

export type PoolName = 'request' | 'worker' | 'nested' | 'control' | 'feed';

const COMMIT: Statement = { name: 'COMMIT', text: 'COMMIT' };

/** The rows of each statement, and the end of their transaction, which rejects if that failed or its answer was lost. */
export interface Flight {
  readonly rows: pg.QueryResultRow[][];
  readonly committed: Promise<unknown>;
}

interface PostgresDriver {
  master: pg.Pool;
}

/**
 * The connections: TypeORM's own pool for requests, one for lanes and workers, one for nested transactions, a small
 * one for the statements that drive the rest, which must not wait behind a backlog of handlers, and one for readers of the
 * feed, who may lag in any number.
 */
export class Connections {
  readonly #pools = new Map<PoolName, pg.Pool>();
  readonly #requests: pg.Pool;
  readonly prepared: PreparedStatements;
  /** Whether a statement is sent before the one ahead of it is answered; the application's DataSource says so. */
  readonly pipelines: boolean;

  constructor(
    dataSource: DataSource,
    private readonly settings: Settings,
  ) {
    this.#requests = (dataSource.driver as unknown as PostgresDriver).master;
    this.#requests.on('acquire', surviveLoss);
    this.pipelines = (this.#requests.options as { pipeline?: boolean }).pipeline === true;
    this.prepared = new PreparedStatements(settings.schema);
  }

  async connect(name: PoolName): Promise<pg.PoolClient> {
    return this.pool(name).connect();
  }

  /** One statement outside any unit of work. */
  async query<R extends pg.QueryResultRow>(statement: Statement, pool: PoolName = 'control'): Promise<R[]> {
    const { rows } = await this.pool(pool).query<R>(statement);
    return rows;
  }

  /**
   * Sends statements in one flight. Where connections pipeline they are one transaction, whose rows are here before its
   * COMMIT is on disk: the server has all of it, and ends it by itself should this process stop. Else each is one of its own.
   */
  async flight(statements: readonly Statement[]): Promise<Flight> {
    const client = await this.connect('control');
    const uncork = cork(client);
    const send = (statement: Statement) => sendStatement(client, statement);
    const begun = this.pipelines ? begin(client, 'BEGIN ISOLATION LEVEL READ COMMITTED', { id: false }) : undefined;
    const sent = statements.map(send);
    const ended = this.pipelines ? send(COMMIT) : undefined;
    uncork();
    const committed = Promise.allSettled([begun, ...sent, ended]).then((answers) => {
      const failed = answers.find((answer) => answer.status === 'rejected');
      // It may be unfit for the next flight, too, as with a plan of a table that has changed.
      client.release(failed?.reason);
      if (failed) throw failed.reason;
    });
    committed.catch(ignore);
    return { rows: (await Promise.all(sent)).map(({ rows }) => rows), committed };
  }

  /** A connection outside the pools, with their settings; the caller ends it. */
  async dedicated(): Promise<pg.Client> {
    const client = new pg.Client({ ...settingsOf(this.#requests), pipeline: false } as pg.ClientConfig);
    surviveLoss(client);
    await client.connect();
    return client;
  }

  private pool(name: PoolName): pg.Pool {
    if (name === 'request') return this.#requests;
    let pool = this.#pools.get(name);
    if (!pool) {
      pool = new pg.Pool({ ...settingsOf(this.#requests), ...this.sizeOf(name) });
      // An idle connection that breaks is replaced at the next use; without a listener it would end the process.
      pool.on('error', ignore).on('acquire', surviveLoss);
      this.#pools.set(name, pool);
    }
    return pool;
  }

  private sizeOf(name: PoolName): pg.PoolConfig {
    if (name === 'nested') return { max: this.settings.nestedPoolSize };
    if (name === 'control' || name === 'feed') return { max: 2 };
    // Lanes queue for a connection as a matter of course; that must not look like a lost connection.
    return { max: this.settings.workerPoolSize, connectionTimeoutMillis: 0 };
  }

  async end(): Promise<void> {
    await Promise.all([...this.#pools.values()].map((pool) => pool.end()));
    this.#pools.clear();
  }
}

const ignore = () => undefined;

/**
 * A connection that is lost between two statements has nobody to tell: without a listener that ends the process. A pool
 * listens only while a connection is idle, and whoever holds one begins a moment later; this closes every gap for good.
 */
function surviveLoss(client: pg.ClientBase): void {
  if (!client.listeners('error').includes(ignore)) client.on('error', ignore);
}

/** pg-pool hides the password from enumeration, so that it is not logged by chance; a copy must name it. */
function settingsOf({ options }: pg.Pool): pg.PoolConfig {
  return { ...options, password: options.password };
}

/** Gathers what is sent until the function returned is called: each write of its own costs more than the statement. */
export function cork(client: pg.ClientBase): () => void {
  const { pipeline, connection } = client as unknown as { pipeline?: boolean; connection: { stream: Writable } };
  const { stream } = connection;
  if (!pipeline) return () => undefined;
  stream.cork();
  return () => stream.uncork();
}
