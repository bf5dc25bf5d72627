import { type IQueryHandler, QueryHandler } from '@nestjs/cqrs';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { CountUnfinishedRefunds, ExportPayments } from '../contract/queries.js';

/** A failed one counts: it is still due, and a person has to decide what becomes of it. */
@QueryHandler(CountUnfinishedRefunds)
export class CountUnfinishedRefundsHandler implements IQueryHandler<CountUnfinishedRefunds> {
  constructor(@InjectDataSource() private readonly dataSource: DataSource) {}

  async execute({ orderIds }: CountUnfinishedRefunds): Promise<number> {
    const [row] = await this.dataSource.query<[{ count: number }]>(
      `select count(*)::int as count from refund.refunds
        where order_id = any ($1) and status in ('requested', 'processing', 'pending', 'failed')`,
      [orderIds],
    );
    return row.count;
  }
}

/** Without what staff wrote about them: those are the shop's own words. */
@QueryHandler(ExportPayments)
export class ExportPaymentsHandler implements IQueryHandler<ExportPayments> {
  constructor(@InjectDataSource() private readonly dataSource: DataSource) {}

  async execute({ orderIds }: ExportPayments): Promise<readonly object[]> {
    return this.dataSource.query<object[]>(
      `select p.id as "paymentId", p.order_id as "orderId", p.gateway, p.gateway_payment_id as "gatewayPaymentId",
              p.status, jsonb_build_object('amount', p.captured, 'currency', p.currency) as captured,
              p.started_at as "startedAt", p.captured_at as "capturedAt",
              (select coalesce(jsonb_agg(jsonb_build_object(
                        'refundId', r.id, 'status', r.status, 'reason', r.reason,
                        'amount', jsonb_build_object('amount', r.amount, 'currency', r.currency),
                        'requestedAt', r.requested_at, 'changedAt', r.changed_at) order by r.id), '[]')
                 from refund.refunds r where r.payment_id = p.id) as refunds
         from refund.payments p where p.order_id = any ($1) order by p.id`,
      [orderIds],
    );
  }
}
