import { MigrationExecutor, type DataSource, type QueryRunner } from 'typeorm';

/** The database isn't as the service needs it: one line for the person who starts it. */
export class DatabaseNotReadyError extends Error {}

const OLDEST_SUPPORTED = 15;

/** Brings the schema up to date; of several instances that start together one does it, and the others wait for it. */
export async function migrate(dataSource: DataSource): Promise<readonly string[]> {
  return alone(dataSource, async (runner) => {
    const executor = executorOf(dataSource, runner);
    return (await executor.executePendingMigrations()).map((migration) => migration.name);
  });
}

/** Reverts the newest migration; undefined when none is left. */
export async function revert(dataSource: DataSource): Promise<string | undefined> {
  return alone(dataSource, async (runner) => {
    const executor = executorOf(dataSource, runner);
    const [newest] = (await executor.getExecutedMigrations()).toSorted((a, b) => b.timestamp - a.timestamp);
    if (newest) await executor.undoLastMigration();
    return newest?.name;
  });
}

export async function refusePendingMigrations(dataSource: DataSource): Promise<void> {
  const pending = await new MigrationExecutor(dataSource).getPendingMigrations();
  if (pending.length === 0) return;
  const names = pending.map((migration) => migration.name).join(', ');
  throw new DatabaseNotReadyError(`MIGRATE is off and migrations are pending: ${names}. Run "npm run migrate".`);
}

export async function refuseOldServer(dataSource: DataSource): Promise<void> {
  const [{ server_version: version }] = await dataSource.query('SHOW server_version');
  if (Number.parseInt(version, 10) < OLDEST_SUPPORTED) {
    throw new DatabaseNotReadyError(`PostgreSQL ${version} is too old: ${OLDEST_SUPPORTED} is the oldest that works.`);
  }
}

function executorOf(dataSource: DataSource, runner: QueryRunner): MigrationExecutor {
  const executor = new MigrationExecutor(dataSource, runner);
  executor.transaction = 'each';
  return executor;
}

/** A lock of the session, which ends with it. Waiting for another instance's migrations may take longer than any timeout. */
async function alone<T>(dataSource: DataSource, work: (runner: QueryRunner) => Promise<T>): Promise<T> {
  const runner = dataSource.createQueryRunner();
  try {
    await runner.query('SET lock_timeout = 0');
    await runner.query('SET statement_timeout = 0');
    await runner.query(`SELECT pg_advisory_lock(hashtext('aftercommit.migrations'))`);
    await runner.query('RESET lock_timeout');
    return await work(runner);
  } finally {
    await runner.query('RESET statement_timeout').catch(() => undefined);
    await runner.query(`SELECT pg_advisory_unlock(hashtext('aftercommit.migrations'))`).catch(() => undefined);
    await runner.release();
  }
}
