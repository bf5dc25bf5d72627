import { Injectable } from '@nestjs/common';
import { type EntityManager, LessThanOrEqual } from 'typeorm';
import { AggregateRepository, UnitOfWork } from '../../messaging/index.js';
import { Order } from '../domain/order.js';
import { OrderNotFound } from '../domain/order.errors.js';
import { statusOf } from '../domain/order.rules.js';
import type { OrderState } from '../domain/order.state.js';
import type { Orders } from '../domain/orders.js';
import { indexAgain, indexNew } from './order-index.js';
import { type OrderRow, ordersTable } from './orders.table.js';

@Injectable()
export class PostgresOrders extends AggregateRepository<Order> implements Orders {
  constructor(unitOfWork: UnitOfWork) {
    super(unitOfWork);
  }

  async get(id: string): Promise<Order> {
    return this.unitOfWork.run(async (manager) => {
      const row = await manager.findOneBy(ordersTable, { id });
      return existing(id, row);
    });
  }

  async idsOf(customerId: string, placedBy: Date): Promise<readonly string[]> {
    return this.unitOfWork.run(async (manager) => {
      const where = { customerId, placedAt: LessThanOrEqual(placedBy) };
      const rows = await manager.find(ordersTable, { select: { id: true }, where, order: { id: 'asc' } });
      return rows.map(({ id }) => id);
    });
  }

  async changeIfOurs(id: string, decide: (order: Order) => void): Promise<void> {
    await this.unitOfWork.run(async (manager) => {
      // Orders are never deleted, so one that exists here can't be missing in `change`.
      if (await manager.existsBy(ordersTable, { id })) await this.change(id, decide);
    });
  }

  protected async load(manager: EntityManager, id: string): Promise<Order> {
    const row = await manager.findOne(ordersTable, { where: { id }, lock: { mode: 'pessimistic_write' } });
    return existing(id, row);
  }

  protected async insert(manager: EntityManager, state: OrderState): Promise<void> {
    await manager.insert(ordersTable, rowOf(state));
    indexNew(this.unitOfWork, state);
  }

  protected async update(manager: EntityManager, state: OrderState, before: OrderState): Promise<number> {
    const { id, version } = before;
    const { affected } = await manager.update(ordersTable, { id, version }, rowOf(state));
    indexAgain(this.unitOfWork, state, before);
    return affected ?? 0;
  }
}

function existing(id: string, row: OrderRow | null): Order {
  if (!row) throw new OrderNotFound(id);
  return Order.from(row);
}

function rowOf(state: OrderState): OrderRow {
  return { ...state, status: statusOf(state) };
}
