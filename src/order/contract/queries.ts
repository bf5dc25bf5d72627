import { Query } from '@nestjs/cqrs';
import type { Money } from '../../kernel/money.js';
import type { OrderStatus } from './order-status.js';

export interface OrderForPayment {
  readonly orderId: string;
  readonly customerId: string;
  /** What is open of it: as placed, less what was canceled. */
  readonly total: Money;
  readonly state: OrderStatus;
}

/** What a payment must be checked against; undefined for an order that isn't ours. */
export class GetOrderForPayment extends Query<OrderForPayment | undefined> {
  constructor(readonly orderId: string) {
    super();
  }
}

export interface OrderOfCustomer {
  readonly orderId: string;
  /** Neither delivered nor canceled: something is still to be done for it. */
  readonly isOpen: boolean;
}

export class GetOrdersOfCustomer extends Query<readonly OrderOfCustomer[]> {
  constructor(readonly customerId: string) {
    super();
  }
}

/** Everything that is kept of a customer's orders, for the customer to read; newest first. */
export class ExportOrders extends Query<readonly object[]> {
  constructor(readonly customerId: string) {
    super();
  }
}
