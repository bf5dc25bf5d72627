import { ConfigError } from './app.config.js';
import { DatabaseNotReadyError } from './database/migrations.js';
import { EmbeddedPostgresError } from './database/postgres-binaries.js';

/** What whoever starts the program can mend; everything else is a fault of the code and shows its stack. */
const EXPECTED = [ConfigError, DatabaseNotReadyError, EmbeddedPostgresError];

/** Says why the program can't go on, in one line where possible, and sets its exit code. */
export function report(error: NodeJS.ErrnoException & { port?: number }): void {
  const expected = EXPECTED.some((type) => error instanceof type);
  const taken = error.code === 'EADDRINUSE' ? `Port ${error.port} is taken; choose another with PORT.` : undefined;
  process.stderr.write(`${taken ?? (expected ? error.message : error.stack)}\n`);
  process.exitCode = 1;
}
