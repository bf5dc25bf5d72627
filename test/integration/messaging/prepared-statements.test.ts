import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startMessagingApp, type MessagingApp } from '../../support/messaging-app.js';

describe('statements in units of work', () => {
  let app: MessagingApp;

  beforeAll(async () => {
    app = await startMessagingApp({ providers: [] });
    await app.query('CREATE TABLE thing (id int, name text)');
    await app.query(`INSERT INTO thing VALUES (1, 'one')`);
  });

  afterAll(() => app.close());

  /** The names under which the unit's connection keeps statements with this text. */
  const preparedAs = (text: string) =>
    app.unitOfWork.run(async (manager) => {
      const rows: { name: string }[] = await manager.query(
        'SELECT name FROM pg_prepared_statements WHERE statement = $1',
        [text],
      );
      return rows.map(({ name }) => name);
    });

  const inUnits = async (times: number, text: string, values?: unknown[]) => {
    const results: unknown[] = [];
    for (let i = 0; i < times; i++) results.push(await app.unitOfWork.run((manager) => manager.query(text, values)));
    return results;
  };

  it('are prepared once they recur', async () => {
    const text = 'SELECT name FROM thing WHERE id = $1';
    await inUnits(4, text, [1]);
    expect(await preparedAs(text)).toEqual([]);
    expect(await inUnits(2, text, [1])).toEqual([[{ name: 'one' }], [{ name: 'one' }]]);
    expect(await preparedAs(text)).toEqual([expect.stringMatching(/^messaging\.s\d+$/)]);
  });

  it('are sent as they are without parameters', async () => {
    await inUnits(10, 'SELECT 1 AS one');
    expect(await preparedAs('SELECT 1 AS one')).toEqual([]);
  });

  it('survive a table that changes its columns under their plans', async () => {
    const text = 'SELECT * FROM thing WHERE id = $1';
    await inUnits(10, text, [1]);
    await app.query('ALTER TABLE thing ADD COLUMN size int DEFAULT 7');
    expect(await inUnits(1, text, [1])).toEqual([[{ id: 1, name: 'one', size: 7 }]]);
  });

  it('are at most 250, however many texts there are', async () => {
    const texts = Array.from({ length: 300 }, (_, i) => `SELECT $1::int + ${i} AS sum`);
    await app.unitOfWork.run(async (manager) => {
      for (const text of texts) for (let i = 0; i < 5; i++) await manager.query(text, [1]);
      const [row] = await manager.query<{ n: number }[]>(
        `SELECT count(*)::int AS n FROM pg_prepared_statements WHERE statement LIKE 'SELECT $1::int + %'`,
      );
      expect(row!.n).toBeGreaterThan(200);
      expect(row!.n).toBeLessThanOrEqual(250);
    });
  });
});
