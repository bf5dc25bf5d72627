import { Query } from '@nestjs/cqrs';
import type { Money } from '../../kernel/money.js';
import type { OrderStatus } from './order-status.js';

export interface OrderForPayment {
  readonly orderId: string;
  readonly customerId: string;
  readonly total: Money;
  readonly state: OrderStatus;
}

/** What a payment must be checked against; undefined for an order that isn't ours. */
export class GetOrderForPayment extends Query<OrderForPayment | undefined> {
  constructor(readonly orderId: string) {
    super();
  }
}
