import { EntitySchema } from 'typeorm';
import { plainTypeOrm, startApplication } from './application.mjs';
import { perSecond } from './load.mjs';

const INSERT = 'insert into fact (number) values ($1)';

const Fact = new EntitySchema({
  name: 'Fact',
  tableName: 'fact',
  columns: { id: { type: Number, primary: true, generated: 'identity' }, number: { type: Number } },
});

/** How code inside a transaction may come to the database. */
const WAYS_IN = [
  ({ manager }) => manager.query(INSERT, [0]),
  ({ dataSource }) => dataSource.query(INSERT, [0]),
  ({ dataSource }) => dataSource.manager.query(INSERT, [0]),
  ({ dataSource }) => dataSource.getRepository(Fact).insert({ number: 0 }),
  ({ dataSource }) => dataSource.createQueryBuilder().insert().into(Fact).values({ number: 0 }).execute(),
  ({ dataSource }) => dataSource.transaction((inner) => inner.query(INSERT, [0])),
];

/** What a transaction of one row costs, and which ways in it rolls back. */
export const unitOfWork = {
  name: 'unit-of-work',
  adr: '0006',
  title: `transactions that insert one row; and of ${WAYS_IN.length} ways in, those that a rollback undoes`,
  async contenders(context) {
    const control = await context.client();
    await context.createMessaging(control);
    await control.query('create table fact (id bigint generated always as identity primary key, number int)');
    const entities = [Fact];
    const own = await startApplication(context, { entities, deliver: false });
    context.onClose(own.close);
    const dataSource = await plainTypeOrm(context, { entities });
    const ours = (work) => own.unitOfWork.run(work);
    const theirs = (work) => dataSource.transaction(work);
    return [
      { name: 'the unit of work', round: () => round(context, { control, run: ours, dataSource: own.dataSource }) },
      { name: "TypeORM's transaction()", round: () => round(context, { control, run: theirs, dataSource }) },
    ];
  },
};

async function round({ seconds }, { control, run, dataSource }) {
  const rate = (connections) =>
    perSecond(Array.from({ length: connections }), seconds, (_, number) =>
      run((manager) => manager.query(INSERT, [number])),
    );
  const figures = { 'transactions/s, 1 at a time': await rate(1), 'transactions/s, 16 at a time': await rate(16) };
  await control.query('truncate fact');
  for (const wayIn of WAYS_IN) {
    await run(async (manager) => {
      await wayIn({ manager, dataSource });
      throw new Rollback();
    }).catch(expected);
  }
  const [{ stayed }] = (await control.query('select count(*)::int as stayed from fact')).rows;
  return { ...figures, 'ways in undone': WAYS_IN.length - stayed };
}

class Rollback extends Error {}

function expected(error) {
  if (!(error instanceof Rollback)) throw error;
}
