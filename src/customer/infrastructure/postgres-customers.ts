import { Injectable } from '@nestjs/common';
import { type EntityManager, QueryFailedError } from 'typeorm';
import { AggregateRepository, UnitOfWork } from '../../messaging/index.js';
import { Customer } from '../domain/customer.js';
import { CustomerNotFound, EmailTaken } from '../domain/customer.errors.js';
import type { CustomerState } from '../domain/customer.state.js';
import type { Customers, CustomerSelection } from '../domain/customers.js';
import { customersTable, purchasesTable } from './customers.table.js';

@Injectable()
export class PostgresCustomers implements Customers {
  constructor(private readonly unitOfWork: UnitOfWork) {}

  async change<R>(selection: CustomerSelection, decide: (customer: Customer) => R | Promise<R>): Promise<R> {
    return new SelectedCustomer(this.unitOfWork, selection).change(selection.id, decide);
  }

  async changeIfKnown(selection: CustomerSelection, decide: (customer: Customer) => void): Promise<void> {
    await this.unitOfWork.run(async (manager) => {
      // Customers are never deleted, so one that exists here can't be missing in `change`.
      if (await manager.existsBy(customersTable, { id: selection.id })) await this.change(selection, decide);
    });
  }
}

class SelectedCustomer extends AggregateRepository<Customer> {
  constructor(
    unitOfWork: UnitOfWork,
    private readonly selection: CustomerSelection,
  ) {
    super(unitOfWork);
  }

  /**
   * Three statements on purpose. The first waits for whoever makes the same customer known just now; each later one
   * sees what the one before it waited for.
   */
  protected async load(manager: EntityManager, id: string): Promise<Customer> {
    const { orNewAt, orderId } = this.selection;
    if (orNewAt) await manager.query(INSERT_NEW, [id, orNewAt]);
    const row = await manager.findOne(customersTable, { where: { id }, lock: { mode: 'pessimistic_write' } });
    if (!row) throw new CustomerNotFound(id);
    const purchase = orderId ? await manager.findOneBy(purchasesTable, { orderId, customerId: id }) : null;
    return Customer.from({ ...row, purchase });
  }

  protected insert(): Promise<void> {
    throw new TypeError('A customer comes into being by change({ orNewAt }).');
  }

  protected async update(manager: EntityManager, state: CustomerState, before: CustomerState): Promise<number> {
    const { purchase, ...row } = state;
    const { id, version } = before;
    if (purchase && purchase !== before.purchase) {
      await manager.upsert(purchasesTable, { ...purchase, customerId: id }, ['orderId']);
    }
    const { affected } = await manager.update(customersTable, { id, version }, row).catch((error: unknown) => {
      throw isTaken(error) ? new EmailTaken() : error;
    });
    return affected ?? 0;
  }
}

const INSERT_NEW = 'insert into customer.customers (id, first_seen_at) values ($1, $2) on conflict do nothing';

function isTaken(error: unknown): boolean {
  return error instanceof QueryFailedError && error.driverError.constraint === 'customers_email_key';
}
