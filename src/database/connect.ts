import { DataSource, type DataSourceOptions } from 'typeorm';
import { DatabaseNotReadyError } from './migrations.js';

/** Opens the pool; fails with one line that names the server. */
export async function connect(options: DataSourceOptions): Promise<DataSource> {
  return new DataSource(options).initialize().catch((error: Error) => {
    throw new DatabaseNotReadyError(`PostgreSQL can't be reached at ${address(options)}: ${reason(error)}`);
  });
}

function address(options: DataSourceOptions): string {
  const { host, pathname } = new URL((options as { url: string }).url);
  return host + pathname;
}

/** Node reports a refused connection to a name with several addresses as an AggregateError without a message. */
function reason(error: Error & { errors?: Error[] }): string {
  return error.message || (error.errors?.[0]?.message ?? error.name);
}
