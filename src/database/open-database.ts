import { join } from 'node:path';
import { EmbeddedPostgres } from './embedded-postgres.js';

export interface OpenDatabase {
  readonly url: string;
  /** In words, for the person who starts the service. */
  readonly description: string;
  readonly embedded: boolean;
  /** To be called when every connection is closed. */
  close(): Promise<void>;
}

/** The configured server, or an embedded one when none is configured. */
export async function openDatabase(settings: { databaseUrl?: string; dataDir: string }): Promise<OpenDatabase> {
  if (settings.databaseUrl) {
    const { host, pathname } = new URL(settings.databaseUrl);
    return {
      url: settings.databaseUrl,
      description: `PostgreSQL at ${host}${pathname}`,
      embedded: false,
      close: async () => {},
    };
  }
  const server = await EmbeddedPostgres.acquire(join(settings.dataDir, 'postgres'));
  const description = `embedded PostgreSQL at ${new URL(server.url).host}, data in ${server.folder}`;
  return { url: server.url, description, embedded: true, close: () => server.release() };
}
