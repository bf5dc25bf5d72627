import { EventsHandler } from '@nestjs/cqrs';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { Consumer, type MessageContext, messageName } from '../../messaging/index.js';
import { describe, type EventOfAnOrder, timelineEvents } from './timeline-entries.js';

/**
 * What happened to an order, told for people, from every module's events. One consumer for all of them; it outlives the
 * log's retention. Events of one order come from several streams, so readers sort by the log's position.
 */
@EventsHandler(...timelineEvents)
@Consumer('order.timeline', { batch: 100, from: 'beginning' })
export class OrderTimeline {
  constructor(@InjectDataSource() private readonly dataSource: DataSource) {}

  async handle(event: EventOfAnOrder, { messageId, position, occurredAt }: MessageContext): Promise<void> {
    const { text, data } = describe(event);
    await this.dataSource.query(
      // Stock is also allocated for other teams' orders, which have no timeline here.
      `insert into orders.timeline (event_id, order_id, position, type, text, data, occurred_at)
       select $1, id, $3, $4, $5, $6, $7 from orders.orders where id = $2
       on conflict (event_id) do nothing`,
      [messageId, event.orderId, position, messageName(event), text, data, occurredAt],
    );
  }
}
