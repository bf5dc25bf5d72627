import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import type { LineAllocation } from '../contract/queries.js';
import { AllocationNotFound } from '../domain/product.errors.js';
import type { LineKey } from '../domain/line.js';

export interface AllocationView extends LineAllocation {
  readonly orderId: string;
}

const SELECT_LINE = `
  SELECT line.order_id AS "orderId", line.line_id AS "lineId", line.sku, line.state, line.quantity,
    (SELECT coalesce(jsonb_agg(jsonb_build_object('ref', ref, 'quantity', share.quantity, 'eta', eta)
                               ORDER BY eta NULLS FIRST, ref COLLATE "C"), '[]')
     FROM jsonb_to_recordset(line.shares) AS share (ref text, quantity int)
     JOIN allocation.batches USING (ref)) AS batches
  FROM allocation.lines line`;

@Injectable()
export class AllocationQueries {
  constructor(@InjectDataSource() private readonly dataSource: DataSource) {}

  async ofOrder(orderId: string): Promise<readonly AllocationView[]> {
    return this.dataSource.query(`${SELECT_LINE} WHERE order_id = $1 ORDER BY line_id`, [orderId]);
  }

  /** @throws AllocationNotFound */
  async get(key: LineKey): Promise<AllocationView> {
    const ids = [key.orderId, key.lineId];
    const [line] = await this.dataSource.query<AllocationView[]>(
      `${SELECT_LINE} WHERE order_id = $1 AND line_id = $2`,
      ids,
    );
    if (!line) throw new AllocationNotFound(key);
    return line;
  }
}
