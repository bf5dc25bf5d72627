import { EventsHandler, type IEventHandler } from '@nestjs/cqrs';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { CustomerBecameVip } from '../../customer/index.js';
import { Consumer } from '../../messaging/index.js';

/** Who gets the offer: for good, since nobody stops being a VIP. */
@EventsHandler(CustomerBecameVip)
@Consumer('order.vips', { batch: 100, from: 'beginning' })
export class RecordVip implements IEventHandler<CustomerBecameVip> {
  constructor(@InjectDataSource() private readonly dataSource: DataSource) {}

  async handle({ customerId, vipSince }: CustomerBecameVip): Promise<void> {
    await this.dataSource.query(
      'insert into orders.vips (customer_id, vip_since) values ($1, $2) on conflict (customer_id) do nothing',
      [customerId, vipSince],
    );
  }
}
