import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import type { GatewayBooks, RefundReport } from '../domain/payment-gateway.js';
import type { PaymentState } from '../domain/payment.state.js';
import type { RefundStatus } from '../domain/refund.state.js';

interface Window {
  readonly from: Date;
  readonly to: Date;
}

type OurPayment = Pick<PaymentState, 'disputes'> & { id: string; captured: string };

/** The gateway's books beside ours. */
@Injectable()
export class BooksQueries {
  constructor(@InjectDataSource() private readonly dataSource: DataSource) {}

  /** What the gateway has and we have not, or not so. */
  async unlike(gateway: string, { payments, refunds, disputes }: GatewayBooks): Promise<GatewayBooks> {
    const ours = await this.payments(
      gateway,
      [...payments, ...disputes].map((each) => each.gatewayPaymentId),
    );
    const statuses = await this.refundStatuses(
      gateway,
      refunds.map((each) => each.gatewayRefundId),
    );
    return {
      payments: payments.filter(({ gatewayPaymentId, status, amount }) => {
        const { captured } = ours.get(gatewayPaymentId) ?? {};
        return status === 'captured' && Number(captured ?? 0) !== amount.amount;
      }),
      refunds: refunds.filter(({ gatewayRefundId, outcome }) => {
        const status = statuses.get(gatewayRefundId);
        return status !== outcome.status && (status !== undefined || outcome.status !== 'failed');
      }),
      disputes: disputes.filter(({ gatewayPaymentId, disputeId, status }) => {
        const known = ours.get(gatewayPaymentId)?.disputes.find((each) => each.disputeId === disputeId);
        return known?.status !== status;
      }),
    };
  }

  /** Our refunds that the gateway must have made in that time, and doesn't name. */
  async refundsBeyond(gateway: string, named: readonly RefundReport[], { from, to }: Window): Promise<string[]> {
    const rows = await this.dataSource.query<{ id: string }[]>(
      `select id from refund.refunds
        where gateway = $1 and reason <> 'gateway' and status in ('pending', 'succeeded')
          and requested_at >= $2 and changed_at <= $3 and gateway_refund_id <> all ($4)`,
      [gateway, from, to, named.map((each) => each.gatewayRefundId)],
    );
    return rows.map(({ id }) => id);
  }

  private async payments(gateway: string, names: readonly string[]): Promise<ReadonlyMap<string, OurPayment>> {
    const rows = await this.dataSource.query<OurPayment[]>(
      `select gateway_payment_id as id, captured, disputes from refund.payments
        where gateway = $1 and gateway_payment_id = any ($2)`,
      [gateway, names],
    );
    return new Map(rows.map((row) => [row.id, row]));
  }

  private async refundStatuses(gateway: string, names: readonly string[]): Promise<ReadonlyMap<string, RefundStatus>> {
    const rows = await this.dataSource.query<{ id: string; status: RefundStatus }[]>(
      `select gateway_refund_id as id, status from refund.refunds where gateway = $1 and gateway_refund_id = any ($2)`,
      [gateway, names],
    );
    return new Map(rows.map(({ id, status }) => [id, status]));
  }
}
