import { EventsHandler, type IEventHandler } from '@nestjs/cqrs';
import { CustomerErased } from '../../customer/index.js';
import { Consumer } from '../../messaging/index.js';
import { Notifications } from '../domain/notifications.js';

/** That a mail was sent stays; to whom, and what was in it, doesn't. */
@EventsHandler(CustomerErased)
@Consumer('notification.erasure')
export class EraseMails implements IEventHandler<CustomerErased> {
  constructor(private readonly notifications: Notifications) {}

  async handle({ customerId, erasedAt }: CustomerErased): Promise<void> {
    await this.notifications.lockCustomer(customerId);
    await this.notifications.eraseCustomer(customerId, erasedAt);
  }
}
