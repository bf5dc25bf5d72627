import { describe, expect, it } from '@jest/globals';
import type { ClientBase } from 'pg';
import { sendStatement } from '../../../src/messaging/statement.js';

/** A client of another copy of pg than the package's own. */
class OtherClient {
  static readonly Query = class {
    name?: string;

    constructor(
      readonly text: string,
      readonly values: unknown[] | undefined,
      readonly callback: (error: Error | undefined, result: unknown) => void,
    ) {}
  };
  readonly sent: InstanceType<typeof OtherClient.Query>[] = [];

  query(query: InstanceType<typeof OtherClient.Query>): void {
    this.sent.push(query);
  }
}

describe('a statement', () => {
  it("is sent as a query of the client's own copy of pg, and gives its answer", async () => {
    const client = new OtherClient();
    const answer = sendStatement(client as unknown as ClientBase, { name: 'one', text: 'select $1', values: [1] });
    const [query] = client.sent;
    expect(query).toBeInstanceOf(OtherClient.Query);
    expect(query).toMatchObject({ name: 'one', text: 'select $1', values: [1] });
    query!.callback(undefined, { rows: [1] });
    expect(await answer).toEqual({ rows: [1] });
  });

  it('fails with what the client says', async () => {
    const client = new OtherClient();
    const answer = sendStatement(client as unknown as ClientBase, { text: 'select' });
    client.sent[0]!.callback(new Error('syntax error'), undefined);
    await expect(answer).rejects.toThrow('syntax error');
  });
});
