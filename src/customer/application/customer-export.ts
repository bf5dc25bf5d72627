import { Injectable } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import { Clock } from '../../kernel/clock.js';
import { ExportMails } from '../../notification/index.js';
import { ExportOrders, GetOrdersOfCustomer } from '../../order/index.js';
import { ExportPayments } from '../../refund/index.js';
import { CustomerNotFound } from '../domain/customer.errors.js';
import type { Purchase } from '../domain/customer.state.js';
import { CustomerQueries, type CustomerView } from './customer.queries.js';

/** Everything that is kept of a customer, for the customer to read. */
export interface CustomerExportView {
  readonly exportedAt: Date;
  /** Null for one who neither registered nor paid: their orders are kept all the same. */
  readonly customer: CustomerView | null;
  readonly purchases: readonly Purchase[];
  /** These three as the modules that keep them describe them. */
  readonly orders: readonly object[];
  readonly payments: readonly object[];
  readonly mails: readonly object[];
}

@Injectable()
export class CustomerExport {
  constructor(
    private readonly customers: CustomerQueries,
    private readonly queries: QueryBus,
    private readonly clock: Clock,
  ) {}

  /** @throws CustomerNotFound */
  async of(id: string): Promise<CustomerExportView> {
    const customer = await this.customers.find(id);
    const known = await this.queries.execute(new GetOrdersOfCustomer(id));
    if (!customer && known.length === 0) throw new CustomerNotFound(id);
    const [purchases, orders, payments, mails] = await Promise.all([
      this.customers.allPurchases(id),
      this.queries.execute(new ExportOrders(id)),
      this.queries.execute(new ExportPayments(known.map((order) => order.orderId))),
      this.queries.execute(new ExportMails(id)),
    ]);
    return { exportedAt: this.clock.now(), customer: customer ?? null, purchases, orders, payments, mails };
  }
}
