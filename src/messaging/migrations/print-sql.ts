#!/usr/bin/env node
import { parseArgs } from 'node:util';
import { messagingSql } from './index.js';

const HELP = `Usage: aftercommit-messaging-sql [--schema NAME] [--down]

Prints the SQL that creates the tables of aftercommit/messaging, for migration tools other than TypeORM's.

  --schema NAME  the PostgreSQL schema to create (default: messaging)
  --down         print the SQL that drops the schema instead
  --help         print this text
`;

try {
  const options = { schema: { type: 'string' }, down: { type: 'boolean' }, help: { type: 'boolean' } } as const;
  const { schema, down, help } = parseArgs({ options }).values;
  process.stdout.write(help ? HELP : messagingSql(schema, { down }));
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n\n${HELP}`);
  process.exitCode = 2;
}
