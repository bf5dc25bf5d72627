/** What pg_stat_statements knows. */
export class Statements {
  /** @param {import('pg').Client} client */
  constructor(client) {
    this.client = client;
  }

  /** Undefined where the server doesn't have the extension. */
  static async of(client) {
    try {
      await client.query('create extension if not exists pg_stat_statements');
      const statements = new Statements(client);
      await statements.calls('postgres');
      return statements;
    } catch {
      return undefined;
    }
  }

  async reset() {
    await this.client.query('select pg_stat_statements_reset()');
  }

  /** How many statements were executed in a database. */
  async calls(database) {
    return (await this.#sums(database, '.')).calls;
  }

  /** Mean time of the statements whose text matches the expression. */
  async meanMs(database, pattern) {
    const { calls, ms } = await this.#sums(database, pattern);
    if (calls === 0) throw new Error(`no statement was like ${pattern}`);
    return ms / calls;
  }

  async #sums(database, pattern) {
    const { rows } = await this.client.query(
      `select coalesce(sum(calls), 0)::int as calls, coalesce(sum(total_exec_time), 0) as ms
         from pg_stat_statements join pg_database on pg_database.oid = dbid
        where datname = $1 and query ~* $2`,
      [database, pattern],
    );
    return rows[0];
  }
}
