import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { AggregateRepository, UnitOfWork } from '../../messaging/index.js';
import { RefundNotFound } from '../domain/errors.js';
import { Refund, type RefundState } from '../domain/refund.js';
import type { Refunds } from '../domain/refunds.js';
import { refundsTable } from './refunds.table.js';

@Injectable()
export class PostgresRefunds extends AggregateRepository<Refund> implements Refunds {
  constructor(unitOfWork: UnitOfWork) {
    super(unitOfWork);
  }

  protected async load(manager: EntityManager, id: string): Promise<Refund> {
    const row = await manager.findOne(refundsTable, { where: { id }, lock: { mode: 'pessimistic_write' } });
    if (!row) throw new RefundNotFound(id);
    return Refund.from(row);
  }

  protected async insert(manager: EntityManager, state: RefundState): Promise<void> {
    await manager.insert(refundsTable, state);
  }

  protected async update(manager: EntityManager, state: RefundState, before: RefundState): Promise<number> {
    const { id, version } = before;
    const { affected } = await manager.update(refundsTable, { id, version }, state);
    return affected ?? 0;
  }
}
