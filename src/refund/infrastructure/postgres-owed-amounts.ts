import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import type { Owed, OwedAmounts } from '../domain/owed-amounts.js';

interface Row {
  amount: string;
  cancellation_id: string | null;
}

@Injectable()
export class PostgresOwedAmounts implements OwedAmounts {
  constructor(@InjectDataSource() private readonly dataSource: DataSource) {}

  async open(orderId: string, amount: number): Promise<Owed> {
    await this.dataSource.query(
      'insert into refund.owed (order_id, amount) values ($1, $2) on conflict (order_id) do nothing',
      [orderId, amount],
    );
    return (await this.lock(orderId)) as Owed;
  }

  async cancel(orderId: string, cancellationId: string): Promise<Owed> {
    await this.dataSource.query(
      `insert into refund.owed (order_id, amount, cancellation_id) values ($1, 0, $2)
       on conflict (order_id) do update set amount = 0, cancellation_id = coalesce(owed.cancellation_id, $2)`,
      [orderId, cancellationId],
    );
    return (await this.lock(orderId)) as Owed;
  }

  async lock(orderId: string): Promise<Owed | undefined> {
    const [row] = await this.dataSource.query<Row[]>(
      'select amount, cancellation_id from refund.owed where order_id = $1 for update',
      [orderId],
    );
    return row && { amount: Number(row.amount), cancellationId: row.cancellation_id ?? undefined };
  }
}
