import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';

export interface UnfinishedRefund {
  refundId: string;
  generation: number;
}

export interface OpenPayment {
  gateway: string;
  gatewayPaymentId: string;
}

/** What the gateway has, and has not told the end of. */
@Injectable()
export class UnfinishedQueries {
  constructor(@InjectDataSource() private readonly dataSource: DataSource) {}

  async refunds(untouchedSince: Date): Promise<UnfinishedRefund[]> {
    return this.dataSource.query<UnfinishedRefund[]>(
      `select id as "refundId", generation from refund.refunds
        where status in ('processing', 'pending') and changed_at < $1 and gateway <> 'manual'`,
      [untouchedSince],
    );
  }

  /** A failed one is open too: the customer may try another card. */
  async payments(startedAfter: Date, startedBefore: Date): Promise<OpenPayment[]> {
    return this.dataSource.query<OpenPayment[]>(
      `select gateway, gateway_payment_id as "gatewayPaymentId" from refund.payments
        where status in ('started', 'failed') and started_at between $1 and $2 and gateway_payment_id is not null`,
      [startedAfter, startedBefore],
    );
  }
}
