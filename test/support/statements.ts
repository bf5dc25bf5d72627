import type pg from 'pg';
import type { DataSource } from 'typeorm';

/** What requests send to PostgreSQL from now on, in order; lanes and workers have connections of their own. */
export function recordStatements(dataSource: DataSource, into: string[] = []): string[] {
  const known = new WeakSet<pg.PoolClient>();
  const { master } = dataSource.driver as unknown as { master: pg.Pool };
  master.on('acquire', (client) => {
    if (known.has(client)) return;
    known.add(client);
    const query = client.query.bind(client) as (...args: unknown[]) => unknown;
    Object.assign(client, {
      query: (statement: string | { text: string }, ...rest: unknown[]) => {
        into.push(briefly(typeof statement === 'string' ? statement : statement.text));
        return query(statement, ...rest);
      },
    });
  });
  return into;
}

/** The statement's first word, or what the core's own statements are for. */
function briefly(text: string): string {
  if (/insert into \S+\.outbox/.test(text)) return 'append events';
  if (/insert into \S+\.queued_command/.test(text)) return 'store commands';
  return /\w+/.exec(text)![0];
}
