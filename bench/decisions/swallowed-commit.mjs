import { EventSubscriber } from 'typeorm';
import { plainTypeOrm, startApplication } from './application.mjs';

const TRANSACTIONS = 200;
const INSERT = 'insert into fact (number) values ($1)';

/** Counts what TypeORM takes for a commit. */
class Commits {
  static seen = 0;
  afterTransactionCommit() {
    Commits.seen += 1;
  }
}
EventSubscriber()(Commits);

/** A statement fails, its error is swallowed, and COMMIT is answered with ROLLBACK. */
export const swallowedCommit = {
  name: 'swallowed-commit',
  adr: '0005',
  title: `${TRANSACTIONS} transactions that insert a row and swallow the error of a second statement`,
  async contenders(context) {
    const control = await context.client();
    await context.createMessaging(control);
    await control.query('create table fact (number int primary key)');
    const own = await startApplication(context, { deliver: false });
    context.onClose(own.close);
    const typeOrm = await plainTypeOrm(context, { subscribers: [Commits] });
    return [
      { name: 'the unit of work', round: () => round(control, (work) => ourWay(own.unitOfWork, work)) },
      { name: "TypeORM's transaction()", round: () => round(control, (work) => theirWay(typeOrm, work)) },
    ];
  },
};

/** Whether it succeeds, and how often code that is to run after a commit ran. */
async function ourWay(unitOfWork, work) {
  let hooks = 0;
  const unit = unitOfWork.run(async (manager) => {
    unitOfWork.afterCommit(() => (hooks += 1));
    await work(manager);
  });
  return { succeeded: await succeeds(unit), hooks };
}

async function theirWay(dataSource, work) {
  const before = Commits.seen;
  return { succeeded: await succeeds(dataSource.transaction(work)), hooks: Commits.seen - before };
}

class Regret extends Error {}

async function succeeds(transaction) {
  try {
    await transaction;
    return true;
  } catch (error) {
    if (!(error instanceof Regret) && error.name !== 'TransactionRolledBackError') throw error;
    return false;
  }
}

async function round(control, run) {
  await control.query('truncate fact');
  let [successes, hooks] = [0, 0];
  for (let number = 0; number < TRANSACTIONS; number++) {
    const outcome = await run(async (manager) => {
      await manager.query(INSERT, [number]);
      await manager.query(INSERT, [number]).catch(() => undefined);
    });
    successes += Number(outcome.succeeded);
    hooks += outcome.hooks;
  }
  const [{ stored }] = (await control.query('select count(*)::int as stored from fact')).rows;
  const regretted = await run(async (manager) => {
    await manager.transaction((inner) => inner.query(INSERT, [0]));
    throw new Regret();
  });
  return {
    'rows stored': stored,
    'reported as committed': successes,
    'after-commit hooks run': hooks,
    'hooks run for one savepoint, then rolled back': regretted.hooks,
  };
}
