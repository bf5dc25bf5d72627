import type { DataSourceOptions } from 'typeorm';

/**
 * What every connection of the service has in common. A stopped process or a half-open connection must not hold locks
 * for long, so the server ends what waits, idles or talks to nobody.
 */
export function connectionOptions(settings: { databaseUrl?: string; requestPoolSize: number }) {
  return {
    type: 'postgres',
    url: settings.databaseUrl,
    poolSize: settings.requestPoolSize,
    applicationName: 'aftercommit',
    // No statement of a request or a handler takes seconds; migrations lift this for themselves.
    extra: {
      statement_timeout: 30_000,
      lock_timeout: 5_000,
      // Below the 30 s in which a dead instance's partitions are taken over.
      idle_in_transaction_session_timeout: 15_000,
      // The time that a request waits for a free connection.
      connectionTimeoutMillis: 10_000,
      options: '-c client_connection_check_interval=5s -c tcp_user_timeout=15s',
      keepAlive: true,
      // BEGIN travels with the first statement, and COMMIT with the last ones (docs/adr/0009).
      pipeline: true,
    },
  } satisfies DataSourceOptions;
}
