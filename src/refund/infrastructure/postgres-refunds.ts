import { Injectable } from '@nestjs/common';
import { type EntityManager, In } from 'typeorm';
import { AggregateRepository, UnitOfWork } from '../../messaging/index.js';
import { RefundNotFound } from '../domain/errors.js';
import { Refund } from '../domain/refund.js';
import type { RefundState } from '../domain/refund.state.js';
import type { OpenRefund } from '../domain/replacement.js';
import type { Refunds } from '../domain/refunds.js';
import { refundsTable } from './refunds.table.js';

@Injectable()
export class PostgresRefunds extends AggregateRepository<Refund> implements Refunds {
  constructor(unitOfWork: UnitOfWork) {
    super(unitOfWork);
  }

  async find(id: string): Promise<Refund | undefined> {
    const row = await this.unitOfWork.run((manager) => manager.findOneBy(refundsTable, { id }));
    return row ? Refund.from(row) : undefined;
  }

  async named(gateway: string, gatewayRefundId: string): Promise<string | undefined> {
    const row = await this.unitOfWork.run((manager) => manager.findOneBy(refundsTable, { gateway, gatewayRefundId }));
    return row?.id;
  }

  async lockOpen(paymentId: string): Promise<readonly OpenRefund[]> {
    return this.unitOfWork.run((manager) =>
      manager.find(refundsTable, {
        where: { paymentId, status: In(['requested', 'processing', 'pending', 'failed']) },
        order: { id: 'ASC' },
        lock: { mode: 'pessimistic_write' },
      }),
    );
  }

  async get(id: string): Promise<Refund> {
    return this.unitOfWork.run(async (manager) => existing(id, await manager.findOneBy(refundsTable, { id })));
  }

  protected async load(manager: EntityManager, id: string): Promise<Refund> {
    return existing(id, await manager.findOne(refundsTable, { where: { id }, lock: { mode: 'pessimistic_write' } }));
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

function existing(id: string, row: RefundState | null): Refund {
  if (!row) throw new RefundNotFound(id);
  return Refund.from(row);
}
