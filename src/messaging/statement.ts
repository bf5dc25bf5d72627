import type pg from 'pg';
import type { ClientBase, QueryResult } from 'pg';

/** A statement that is sent to PostgreSQL as it is; a name makes the server keep its plan. */
export interface Statement {
  readonly name?: string;
  readonly text: string;
  readonly values?: unknown[];
}

type Callback = (error: Error | undefined, result: QueryResult) => void;

/** As `client.query(statement)`, which copies that property by property: 10 of the 300 µs that Node has to do for a small unit. */
export function sendStatement(client: ClientBase, statement: Statement): Promise<QueryResult> {
  return new Promise((resolve, reject) => {
    client.query(ownQuery(client, statement, (error, result) => (error ? reject(error) : resolve(result))));
  });
}

/** A query of the client's own kind, for there may be several copies of pg, and a pipelining client takes no other. */
export function ownQuery(client: ClientBase, { name, text, values }: Statement, callback: Callback): pg.Query {
  const { Query } = client.constructor as unknown as Pick<typeof pg, 'Query'>;
  return Object.assign(new Query(text, values, callback), { name });
}
