import type { ClientBase } from 'pg';
import { ownQuery } from './statement.js';

/** A connection as pg's queries see it. */
interface Wire {
  readonly parsedStatements: Record<string, string>;
  parse(statement: { name: string; text: string }): void;
  bind(config: { statement: string }): void;
  execute(config: { portal: string }): void;
  sync(): void;
}

const TRANSACTION_ID = 'select pg_current_xact_id()::text';

/**
 * Sends BEGIN; gives the transaction's id where it is asked for, else an empty text. Both are one turn of the extended
 * protocol, and go by name, so that PostgreSQL parses neither anew, and no description of a row has to be read.
 */
export function begin(client: ClientBase, text: string, { id }: { id: boolean }): Promise<string> {
  return new Promise((resolve, reject) => {
    let xid = '';
    const query = ownQuery(client, { text }, (error) => (error ? reject(error) : resolve(xid)));
    const answers = {
      submit: (wire: Wire) => send(wire, id ? [text, TRANSACTION_ID] : [text]),
      handleDataRow: ({ fields: [first] }: { fields: [Buffer | string] }) => (xid = first.toString()),
      handleCommandComplete: () => undefined,
    };
    client.query(Object.assign(query, answers));
  });
}

/** Each text is its name as well. */
function send(wire: Wire, texts: readonly string[]): null {
  for (const text of texts) {
    // Where parsing fails BEGIN has failed, and its connection is not used again.
    if (wire.parsedStatements[text] === undefined) wire.parse({ name: text, text });
    wire.parsedStatements[text] = text;
    wire.bind({ statement: text });
    wire.execute({ portal: '' });
  }
  wire.sync();
  return null;
}
