import { EventsHandler, type IEventHandler } from '@nestjs/cqrs';
import { Clock } from '../../kernel/clock.js';
import { Consumer } from '../../messaging/index.js';
import { OrderCanceled, OrderPaid } from '../../order/index.js';
import { Customers } from '../domain/customers.js';

/**
 * Counts paid orders. One consumer for both events, and what waits behind a failing one is its order, so that a
 * cancellation is never heard before the payment. The orders of a customer come on several lanes at once: they need no
 * order between them, and meet at the lock of the customer's row.
 */
@EventsHandler(OrderPaid, OrderCanceled)
@Consumer('customer.purchase-history', { from: 'beginning' })
export class PurchaseHistory implements IEventHandler<OrderPaid | OrderCanceled> {
  constructor(
    private readonly customers: Customers,
    private readonly clock: Clock,
  ) {}

  async handle(event: OrderPaid | OrderCanceled): Promise<void> {
    await (event instanceof OrderPaid ? this.record(event) : this.revoke(event));
  }

  private async record({ customerId: id, orderId, total, paidAt }: OrderPaid): Promise<void> {
    const now = this.clock.now();
    await this.customers.change({ id, orderId, orNewAt: now }, (customer) =>
      customer.recordPurchase({ orderId, total, paidAt }, now),
    );
  }

  private async revoke({ customerId: id, orderId, canceledAt }: OrderCanceled): Promise<void> {
    await this.customers.changeIfKnown({ id, orderId }, (customer) =>
      customer.revokePurchase(canceledAt, this.clock.now()),
    );
  }
}
