import { EventsHandler, type IEventHandler } from '@nestjs/cqrs';
import { CustomerErased } from '../../customer/index.js';
import { Consumer } from '../../messaging/index.js';
import { Orders } from '../domain/orders.js';

/**
 * All orders of the customer at once, or none: the exception to one aggregate per transaction, so that nobody reads a
 * half erased customer. Locked in the order of their ids, and nothing else is locked with them.
 */
@EventsHandler(CustomerErased)
@Consumer('order.erasure')
export class EraseCustomerFromOrders implements IEventHandler<CustomerErased> {
  constructor(private readonly orders: Orders) {}

  async handle({ customerId, erasedAt }: CustomerErased): Promise<void> {
    for (const id of await this.orders.idsOf(customerId, erasedAt)) {
      await this.orders.change(id, (order) => order.erasePersonalData());
    }
  }
}
