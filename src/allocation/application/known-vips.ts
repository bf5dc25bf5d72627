import { EventsHandler } from '@nestjs/cqrs';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { CustomerBecameVip, CustomerErased } from '../../customer/index.js';
import { Consumer } from '../../messaging/index.js';

/** Whom scarce stock goes to first, and is taken from last. */
@EventsHandler(CustomerBecameVip, CustomerErased)
@Consumer('allocation.known-vips', { from: 'beginning' })
export class KnownVips {
  constructor(@InjectDataSource() private readonly dataSource: DataSource) {}

  async handle(event: CustomerBecameVip | CustomerErased): Promise<void> {
    const statement =
      event instanceof CustomerBecameVip
        ? 'INSERT INTO allocation.vips (customer_id) VALUES ($1) ON CONFLICT DO NOTHING'
        : 'DELETE FROM allocation.vips WHERE customer_id = $1';
    await this.dataSource.query(statement, [event.customerId]);
  }
}
