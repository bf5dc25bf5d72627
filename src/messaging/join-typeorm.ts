import type { DataSource, EntityManager, QueryRunner } from 'typeorm';
import type { Isolation } from './transaction.js';
import type { UnitOfWork } from './unit-of-work.js';

/**
 * Makes everything that goes through `dataSource` join the running unit of work. TypeORM asks the data source for a
 * query runner wherever none was handed in (repositories, query builders, `query`), so that is the one seam; a
 * transaction that somebody opens becomes a unit of work, or else its rollback would leave the events behind.
 */
export function joinTypeOrm(dataSource: DataSource, unitOfWork: UnitOfWork): void {
  const createQueryRunner = dataSource.createQueryRunner.bind(dataSource);
  dataSource.createQueryRunner = (mode) => unitOfWork.runner ?? createQueryRunner(mode);
  const transaction = transactionAsUnit(unitOfWork);
  dataSource.manager.transaction = transaction;
  dataSource.transaction = transaction;
  const createEntityManager = dataSource.createEntityManager.bind(dataSource);
  dataSource.createEntityManager = (runner?: QueryRunner) => {
    const manager = createEntityManager(runner);
    const ownTransaction = manager.transaction.bind(manager) as typeof transaction;
    // A runner that somebody made by hand, outside any unit, keeps its transactions on its own connection.
    const byHand = () => runner !== undefined && runner !== unitOfWork.runner;
    const chosen = (...args: Parameters<typeof transaction>) => (byHand() ? ownTransaction : transaction)(...args);
    manager.transaction = chosen as typeof transaction;
    return manager;
  };
}

type Work<T> = (manager: EntityManager) => Promise<T>;

function transactionAsUnit(unitOfWork: UnitOfWork): EntityManager['transaction'] {
  const transaction = <T>(isolationOrWork: string | Work<T>, work?: Work<T>): Promise<T> => {
    if (typeof isolationOrWork === 'function') return unitOfWork.run(isolationOrWork, { nested: unitOfWork.active });
    // PostgreSQL treats READ UNCOMMITTED as READ COMMITTED, and knows no SNAPSHOT.
    const isolation = (isolationOrWork === 'READ UNCOMMITTED' ? 'READ COMMITTED' : isolationOrWork) as Isolation;
    return unitOfWork.run(work!, { nested: unitOfWork.active, isolation });
  };
  return transaction as EntityManager['transaction'];
}
