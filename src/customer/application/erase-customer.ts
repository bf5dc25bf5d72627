import { Command, CommandHandler, type ICommandHandler, QueryBus } from '@nestjs/cqrs';
import { Clock } from '../../kernel/clock.js';
import { PersonalData } from '../../messaging/index.js';
import { GetOrdersOfCustomer, type OrderOfCustomer } from '../../order/index.js';
import { CountUnfinishedRefunds } from '../../refund/index.js';
import type { Customer } from '../domain/customer.js';
import { CustomerHasOpenOrders, CustomerHasUnfinishedRefunds, CustomerNotFound } from '../domain/customer.errors.js';
import { Customers } from '../domain/customers.js';

/** One who never registered can be erased, too: their orders have a receiver. */
export class EraseCustomer extends Command<void> {
  constructor(readonly id: string) {
    super();
  }
}

@CommandHandler(EraseCustomer)
export class EraseCustomerHandler implements ICommandHandler<EraseCustomer> {
  constructor(
    private readonly customers: Customers,
    private readonly personalData: PersonalData,
    private readonly queries: QueryBus,
    private readonly clock: Clock,
  ) {}

  async execute({ id }: EraseCustomer): Promise<void> {
    const now = this.clock.now();
    await this.customers.change({ id, orNewAt: now }, async (customer) => {
      const known = Object.values(customer.state.profile ?? {}).filter((value) => value !== null);
      await this.personalData.erase(id, known);
      // Only now: an order placed meanwhile is either seen here, or was placed too late for its event to be erased.
      const orders = await this.queries.execute(new GetOrdersOfCustomer(id));
      mustBeKnown(customer, orders);
      await this.refuseUnfinished(orders);
      customer.erase(now);
    });
  }

  private async refuseUnfinished(orders: readonly OrderOfCustomer[]): Promise<void> {
    const open = orders.filter((order) => order.isOpen).map((order) => order.orderId);
    if (open.length > 0) throw new CustomerHasOpenOrders(open);
    const refunds = await this.queries.execute(new CountUnfinishedRefunds(orders.map((order) => order.orderId)));
    if (refunds > 0) throw new CustomerHasUnfinishedRefunds(refunds);
  }
}

/** Version 0 was made for this command; nothing is kept of it when the command fails. */
function mustBeKnown({ state: { id, version } }: Customer, orders: readonly OrderOfCustomer[]): void {
  if (version === 0 && orders.length === 0) throw new CustomerNotFound(id);
}
