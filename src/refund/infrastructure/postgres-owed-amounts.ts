import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { UnitOfWork } from '../../messaging/index.js';
import { Owed } from '../domain/owed.js';
import type { OwedAmounts } from '../domain/owed-amounts.js';

interface Row {
  balance: string;
  placed: boolean;
  cancellation_id: string | null;
  line_cancellations: string[];
}

@Injectable()
export class PostgresOwedAmounts implements OwedAmounts {
  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly unitOfWork: UnitOfWork,
  ) {}

  async change(orderId: string, decide: (owed: Owed) => Owed): Promise<Owed> {
    return this.unitOfWork.run(async () => {
      const owed = await this.lock(orderId);
      const changed = decide(owed);
      if (changed !== owed) await this.store(changed);
      return changed;
    });
  }

  /** The update changes nothing; it locks a row that is there, and returns it. */
  private async lock(orderId: string): Promise<Owed> {
    const { balance, isPlaced, cancellationId, lineCancellations } = Owed.unknown(orderId).state;
    const [row] = await this.dataSource.query<[Row]>(
      `insert into refund.owed (order_id, balance, placed, cancellation_id, line_cancellations)
       values ($1, $2, $3, $4, $5)
       on conflict (order_id) do update set order_id = excluded.order_id returning *`,
      [orderId, balance, isPlaced, cancellationId, lineCancellations],
    );
    return new Owed({
      orderId,
      balance: Number(row.balance),
      isPlaced: row.placed,
      cancellationId: row.cancellation_id,
      lineCancellations: row.line_cancellations,
    });
  }

  private async store({ state }: Owed): Promise<void> {
    const { orderId, balance, isPlaced, cancellationId, lineCancellations } = state;
    await this.dataSource.query(
      `update refund.owed set balance = $2, placed = $3, cancellation_id = $4, line_cancellations = $5
        where order_id = $1`,
      [orderId, balance, isPlaced, cancellationId, lineCancellations],
    );
  }
}
