import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import type { Money } from '../../kernel/money.js';
import { PaymentNotFound } from '../domain/errors.js';
import type { Dispute, PaymentAttention, PaymentState, PaymentStatus } from '../domain/payment.state.js';
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
  /** What the customer's bank has taken back. */
  disputes: (Omit<Dispute, 'amount'> & { amount: Money })[];
  failureCode: string | null;
  attention: PaymentAttention | null;
  /** What operators did about it, oldest first. */
  actions: (Omit<PaymentState['actions'][number], 'at'> & { at: string })[];
  startedAt: Date;
  capturedAt: Date | null;
  version: number;
}

export interface PaymentFilter {
  attention?: 'any' | PaymentAttention;
  cursor?: string;
  limit: number;
}

const VIEW = /* sql */ `
  select id, order_id as "orderId", gateway, gateway_payment_id as "gatewayPaymentId", status,
         jsonb_build_object('amount', amount, 'currency', currency) as amount,
         jsonb_build_object('amount', captured, 'currency', currency) as captured,
         jsonb_build_object('amount', refund_total, 'currency', currency) as "refundTotal",
         (select coalesce(jsonb_agg(dispute || jsonb_build_object('amount',
                   jsonb_build_object('amount', dispute->'amount', 'currency', currency))), '[]')
            from jsonb_array_elements(disputes) as dispute) as disputes,
         failure_code as "failureCode", attention, actions, started_at as "startedAt", captured_at as "capturedAt", version
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
  async list({ attention, cursor, limit }: PaymentFilter): Promise<Page<PaymentView>> {
    const rows = await this.dataSource.query<PaymentView[]>(
      `${VIEW}
        where ($1::text is null or attention = $1 or ($1 = 'any' and attention is not null))
          and ($2::uuid is null or id < $2)
        order by id desc
        limit $3`,
      [attention, cursor, limit + 1],
    );
    return pageOf(rows, limit, (payment) => payment.id);
  }
}
