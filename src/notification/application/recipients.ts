import { Injectable } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import { AppConfig } from '../../app.config.js';
import { GetCustomerContact } from '../../customer/index.js';
import { GetOrderForPayment } from '../../order/index.js';
import type { Recipient } from '../domain/notification.state.js';
import { Notifications } from '../domain/notifications.js';
import type { Letter } from './letters.js';

/** Whom a mail goes to, and where. */
@Injectable()
export class Recipients {
  constructor(
    private readonly queries: QueryBus,
    private readonly notifications: Notifications,
    private readonly config: AppConfig,
  ) {}

  /**
   * Undefined for a customer who never registered or is erased, and for an order that isn't ours. Whose an order is, the
   * order is asked: it is stored before anything can happen to it. A table of our own, filled from OrderPlaced, might
   * still lag behind, since stock and refunds are other streams, in other lanes.
   */
  async of({ to, customerId, orderId }: Pick<Letter, 'to' | 'customerId' | 'orderId'>): Promise<Recipient | undefined> {
    if (to === 'staff') return { customerId: null, address: this.config.staffMail, name: null };
    const id = customerId ?? (orderId && (await this.queries.execute(new GetOrderForPayment(orderId)))?.customerId);
    return id === undefined ? undefined : this.customer(id);
  }

  private async customer(customerId: string): Promise<Recipient | undefined> {
    await this.notifications.lockCustomer(customerId);
    const contact = await this.queries.execute(new GetCustomerContact(customerId));
    return contact && { customerId, address: contact.email, name: contact.firstName };
  }
}
