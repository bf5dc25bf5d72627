import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import type { Money } from '../../kernel/money.js';
import { PaymentNotFound } from '../domain/errors.js';
import type { PaymentStatus } from '../domain/payment.js';
import { type Page, pageOf } from '../../kernel/page.js';

export interface PaymentView {
  id: string;
  orderId: string | null;
  gateway: string;
  gatewayPaymentId: string | null;
  status: PaymentStatus;
  amount: Money;
  captured: Money;
  /** What went back or is on its way. */
  refundTotal: Money;
  failureCode: string | null;
  attention: string | null;
  startedAt: Date;
  capturedAt: Date | null;
  version: number;
}

const VIEW = /* sql */ `
  select id, order_id as "orderId", gateway, gateway_payment_id as "gatewayPaymentId", status,
         jsonb_build_object('amount', amount, 'currency', currency) as amount,
         jsonb_build_object('amount', captured, 'currency', currency) as captured,
         jsonb_build_object('amount', refund_total, 'currency', currency) as "refundTotal",
         failure_code as "failureCode", attention, started_at as "startedAt", captured_at as "capturedAt", version
    from refund.payments`;

@Injectable()
export class PaymentQueries {
  constructor(@InjectDataSource() private readonly dataSource: DataSource) {}

  async get(id: string): Promise<PaymentView> {
    const [payment] = await this.dataSource.query<PaymentView[]>(`${VIEW} where id = $1`, [id]);
    if (!payment) throw new PaymentNotFound(id);
    return payment;
  }

  /** Oldest first. */
  async ofOrder(orderId: string): Promise<PaymentView[]> {
    return this.dataSource.query<PaymentView[]>(`${VIEW} where order_id = $1 order by id`, [orderId]);
  }

  /** Newest first. */
  async list({ cursor, limit }: { cursor?: string; limit: number }): Promise<Page<PaymentView>> {
    const rows = await this.dataSource.query<PaymentView[]>(
      `${VIEW} where $1::uuid is null or id < $1 order by id desc limit $2`,
      [cursor, limit + 1],
    );
    return pageOf(rows, limit, (payment) => payment.id);
  }
}
