import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import type { Money } from '../../kernel/money.js';
import { RefundNotFound } from '../domain/errors.js';
import type { RefundAction, RefundAttention, RefundReason, RefundStatus } from '../domain/refund.state.js';
import type { AttemptEnd } from '../domain/refund-attempts.js';
import { type Page, pageOf } from '../../kernel/page.js';

export interface RefundView {
  id: string;
  orderId: string;
  paymentId: string;
  gateway: string;
  gatewayRefundId: string | null;
  amount: Money;
  reason: RefundReason;
  cancellationId: string | null;
  status: RefundStatus;
  generation: number;
  failureCode: string | null;
  attention: RefundAttention | null;
  /** What operators did about it, oldest first. */
  actions: (Omit<RefundAction, 'at'> & { at: string })[];
  requestedAt: Date;
  changedAt: Date;
  version: number;
}

export interface AttemptView {
  id: string;
  call: 'refund' | 'look_up';
  idempotencyKey: string | null;
  startedAt: Date;
  /** Null while it runs, or when a crash cut it off; so are the next two. */
  durationMs: number | null;
  status: AttemptEnd['status'] | null;
  code: string | null;
}

export interface RefundWithAttempts extends RefundView {
  /** Every call to the gateway, oldest first. */
  attempts: readonly AttemptView[];
}

export interface RefundFilter {
  orderId?: string;
  attention?: 'any' | RefundAttention;
  cursor?: string;
  limit: number;
}

const VIEW = /* sql */ `
  select id, order_id as "orderId", payment_id as "paymentId", gateway, gateway_refund_id as "gatewayRefundId",
         jsonb_build_object('amount', amount, 'currency', currency) as amount,
         reason, cancellation_id as "cancellationId", status, generation, failure_code as "failureCode", attention, actions,
         requested_at as "requestedAt", changed_at as "changedAt", version
    from refund.refunds`;

@Injectable()
export class RefundQueries {
  constructor(@InjectDataSource() private readonly dataSource: DataSource) {}

  async get(id: string): Promise<RefundWithAttempts> {
    const [refund] = await this.dataSource.query<RefundView[]>(`${VIEW} where id = $1`, [id]);
    if (!refund) throw new RefundNotFound(id);
    return { ...refund, attempts: await this.attempts(id) };
  }

  /** Newest first. */
  async list({ orderId, attention, cursor, limit }: RefundFilter): Promise<Page<RefundView>> {
    const rows = await this.dataSource.query<RefundView[]>(
      `${VIEW}
        where ($1::uuid is null or order_id = $1)
          and ($2::text is null or attention = $2 or ($2 = 'any' and attention is not null))
          and ($3::uuid is null or id < $3)
        order by id desc
        limit $4`,
      [orderId, attention, cursor, limit + 1],
    );
    return pageOf(rows, limit, (refund) => refund.id);
  }

  /** Oldest first. */
  private async attempts(refundId: string): Promise<AttemptView[]> {
    return this.dataSource.query<AttemptView[]>(
      `select id, call, idempotency_key as "idempotencyKey", started_at as "startedAt",
              round(extract(epoch from ended_at - started_at) * 1000)::int as "durationMs", status, code
         from refund.refund_attempts where refund_id = $1 order by id`,
      [refundId],
    );
  }
}
