import { Injectable } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import { type Money } from '../../kernel/money.js';
import { GetOrderForPayment, type OrderForPayment } from '../../order/index.js';
import { OrderNotFound } from '../domain/errors.js';
import { OwedAmounts } from '../domain/owed-amounts.js';
import { Payments } from '../domain/payments.js';
import { held } from '../domain/settlement.js';

@Injectable()
export class PayableOrders {
  constructor(
    private readonly queries: QueryBus,
    private readonly owed: OwedAmounts,
    private readonly payments: Payments,
  ) {}

  /** With an owner, another customer's order is as good as none. */
  async get(orderId: string, owner?: string): Promise<OrderForPayment> {
    const order = await this.queries.execute(new GetOrderForPayment(orderId));
    if (!order || (owner ?? order.customerId) !== order.customerId) throw new OrderNotFound(orderId);
    return order;
  }

  /**
   * Zero or less where nothing is. What is open of the order may be more than what is owed, where staff gave back a
   * part, and less, where the event of a cancellation is under way.
   */
  async leftToPay({ orderId, total }: OrderForPayment): Promise<Money> {
    const owed = (await this.owed.change(orderId, (known) => known)).amount ?? total.amount;
    const paid = held(await this.payments.lockCaptured(orderId));
    return { amount: Math.min(owed, total.amount) - paid, currency: total.currency };
  }
}
