import { EventsHandler } from '@nestjs/cqrs';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { Consumer, type MessageContext, messageName } from '../../messaging/index.js';
import { factOf } from './summary-facts.js';
import { describe, type EventOfAnOrder, timelineEvents } from './timeline-entries.js';

/**
 * What happened to an order, told for people, and what that leaves it at, from every module's events. One consumer for
 * all of them; both outlive the log's retention. Events of one order come from several streams and in no order between
 * them: readers sort the timeline by the log's position, and the summary keeps the last word of each stream.
 */
@EventsHandler(...timelineEvents)
@Consumer('order.timeline', { batch: 100, from: 'beginning' })
export class OrderTimeline {
  constructor(@InjectDataSource() private readonly dataSource: DataSource) {}

  async handle(event: EventOfAnOrder, { messageId, position, occurredAt }: MessageContext): Promise<void> {
    const { text, data } = describe(event);
    const entry = [messageId, event.orderId, position, messageName(event), text, data, occurredAt];
    const fact = factOf(event);
    await this.dataSource.query(
      // Stock is also allocated for other teams' orders, which have no timeline here.
      `with ours as (select id from orders.orders where id = $2),
       entry as (
         insert into orders.timeline (event_id, order_id, position, type, text, data, occurred_at)
         select $1, id, $3, $4, $5, $6, $7 from ours
         on conflict (event_id) do nothing)
       insert into orders.summary as known (order_id, part, id, status, amount, position)
       select ours.id, $8, $9::uuid, $10, $11::bigint, $3 from ours where $8::text is not null
       on conflict (order_id, part, id) do update
         set status = excluded.status, amount = coalesce(excluded.amount, known.amount), position = excluded.position
         where known.position < excluded.position`,
      [...entry, fact?.part, fact?.id, fact?.status, fact?.amount],
    );
  }
}
