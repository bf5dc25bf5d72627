import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { DataSource } from 'typeorm';
import { ormOptions } from '../../../ormconfig.js';
import { migrate, revert } from '../../../src/database/migrations.js';
import { createTestDatabase, type TestDatabase } from '../../support/database.js';

let database: TestDatabase;
let dataSource: DataSource;

beforeAll(async () => {
  database = await createTestDatabase({ migrated: false });
  dataSource = await new DataSource(ormOptions({ databaseUrl: database.url, requestPoolSize: 2 })).initialize();
});
afterAll(async () => {
  await dataSource.destroy();
  await database.drop();
});

/** Everything that migrations make but for their own record, one line each. */
async function schema(): Promise<string[]> {
  const rows = await dataSource.query<{ line: string }[]>(`
    with ours as (
      select oid, nspname from pg_namespace where nspname !~ '^(pg_|information_schema$)')
    select format('column %s.%s %s %s null:%s default:%s', o.nspname, c.relname, a.attname,
                  format_type(a.atttypid, a.atttypmod), not a.attnotnull, pg_get_expr(d.adbin, d.adrelid)) as line
      from ours o join pg_class c on c.relnamespace = o.oid and c.relkind in ('r', 'p', 'v')
      join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
      left join pg_attrdef d on d.adrelid = c.oid and d.adnum = a.attnum
     where c.relname <> 'migrations'
    union all
    select format('index %s', indexdef) from pg_indexes join ours on nspname = schemaname where tablename <> 'migrations'
    union all
    select format('constraint %s.%s %s', o.nspname, k.conname, pg_get_constraintdef(k.oid))
      from ours o join pg_constraint k on k.connamespace = o.oid where k.conrelid::regclass::text <> 'migrations'
    union all
    select format('function %s.%s %s', o.nspname, p.proname, md5(p.prosrc)) from ours o join pg_proc p on p.pronamespace = o.oid
    order by 1`);
  return rows.map(({ line }) => line);
}

describe('the migrations', () => {
  let made: readonly string[];
  let after: string[];

  it('make what the tables in the code describe, and TypeORM would change nothing', async () => {
    made = await migrate(dataSource);
    after = await schema();
    expect(made.length).toBeGreaterThanOrEqual(10);
    const { upQueries } = await dataSource.driver.createSchemaBuilder().log();
    expect(upQueries.map(({ query }) => query)).toEqual([]);
  });

  it('can all be reverted, and leave nothing behind', async () => {
    const reverted: string[] = [];
    for (let name = await revert(dataSource); name; name = await revert(dataSource)) reverted.push(name);
    expect(reverted.toSorted()).toEqual([...made].toSorted());
    expect(await schema()).toEqual([]);
  });

  it('make the same once more', async () => {
    await migrate(dataSource);
    expect(await schema()).toEqual(after);
  });
});
