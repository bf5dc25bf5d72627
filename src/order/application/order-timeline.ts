import { EventsHandler } from '@nestjs/cqrs';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { type BatchHandler, Consumer, type MessageContext, messageName } from '../../messaging/index.js';
import { factOf, type SummaryFact } from './summary-facts.js';
import { describe, type EventOfAnOrder, timelineEvents } from './timeline-entries.js';

type PlacedFact = SummaryFact & { readonly orderId: string; readonly position?: number };

/**
 * What happened to an order, told for people, and what that leaves it at, from every module's events. One consumer for
 * all of them; both outlive the log's retention. Events of one order come from several streams and in no order between
 * them: readers sort the timeline by the log's position, and the summary keeps the last word of each stream.
 */
@EventsHandler(...timelineEvents)
@Consumer('order.timeline', { from: 'beginning' })
export class OrderTimeline implements BatchHandler<EventOfAnOrder> {
  constructor(@InjectDataSource() private readonly dataSource: DataSource) {}

  async handleBatch(events: readonly EventOfAnOrder[], contexts: readonly MessageContext[]): Promise<void> {
    const told = events.map((event) => ({ type: messageName(event), ...describe(event) }));
    const facts = lastWords(events, contexts);
    await this.dataSource.query(
      // Stock is also allocated for other teams' orders, which have no timeline here.
      `with ours as (select id from orders.orders where id = any ($2)),
       entry as (
         insert into orders.timeline (event_id, order_id, position, type, text, data, occurred_at)
         select told.* from unnest($1::uuid[], $2::uuid[], $3::bigint[], $4::text[], $5::text[], $6::jsonb[], $7::timestamptz[])
           as told (event_id, order_id, position, type, text, data, occurred_at) join ours on ours.id = told.order_id
         on conflict (event_id) do nothing)
       insert into orders.summary as known (order_id, part, id, status, amount, position)
       select fact.* from unnest($8::uuid[], $9::text[], $10::uuid[], $11::text[], $12::bigint[], $13::bigint[])
         as fact (order_id, part, id, status, amount, position) join ours on ours.id = fact.order_id
       on conflict (order_id, part, id) do update
         set status = excluded.status, amount = coalesce(excluded.amount, known.amount), position = excluded.position
         where known.position < excluded.position`,
      [
        contexts.map(({ messageId }) => messageId),
        events.map(({ orderId }) => orderId),
        contexts.map(({ position }) => position),
        told.map(({ type }) => type),
        told.map(({ text }) => text),
        told.map(({ data }) => JSON.stringify(data)),
        contexts.map(({ occurredAt }) => occurredAt),
        facts.map(({ orderId }) => orderId),
        facts.map(({ part }) => part),
        facts.map(({ id }) => id),
        facts.map(({ status }) => status),
        facts.map(({ amount }) => amount),
        facts.map(({ position }) => position),
      ],
    );
  }
}

/** One fact of each payment, line and refund: a statement can't change a row twice. */
function lastWords(events: readonly EventOfAnOrder[], contexts: readonly MessageContext[]): PlacedFact[] {
  const words = new Map<string, PlacedFact>();
  for (const [i, event] of events.entries()) {
    const fact = factOf(event);
    if (!fact) continue;
    const { orderId } = event;
    const of = [orderId, fact.part, fact.id].join();
    words.set(of, { ...words.get(of), ...fact, orderId, position: contexts[i]!.position });
  }
  return [...words.values()];
}
