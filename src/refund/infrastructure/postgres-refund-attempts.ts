import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import type { AttemptEnd, AttemptStart, RefundAttempts } from '../domain/refund-attempts.js';

@Injectable()
export class PostgresRefundAttempts implements RefundAttempts {
  constructor(@InjectDataSource() private readonly dataSource: DataSource) {}

  async start({ id, refundId, call, idempotencyKey, startedAt }: AttemptStart): Promise<void> {
    await this.dataSource.query(
      `insert into refund.refund_attempts (id, refund_id, call, idempotency_key, started_at)
       values ($1, $2, $3, $4, $5)`,
      [id, refundId, call, idempotencyKey, startedAt],
    );
  }

  async end(id: string, { status, code, endedAt }: AttemptEnd): Promise<void> {
    await this.dataSource.query(
      'update refund.refund_attempts set status = $2, code = $3, ended_at = $4 where id = $1',
      [id, status, code ?? null, endedAt],
    );
  }
}
