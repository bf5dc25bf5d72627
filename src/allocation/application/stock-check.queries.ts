import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';

export const stockRules = [
  'batch_allocated_is_sum_of_shares',
  'batch_shipped_is_sum_of_shipped_shares',
  'line_shares_are_its_quantity',
  'line_has_at_most_what_was_requested',
  'share_is_of_a_batch_of_the_sku',
] as const;

export interface StockDifference {
  readonly rule: (typeof stockRules)[number];
  readonly sku: string;
  readonly ref: string | null;
  readonly orderId: string | null;
  readonly lineId: string | null;
  readonly expected: number;
  readonly found: number;
}

/** Enough to see what is wrong. */
const LIMIT = 1_000;

/** One statement, and so one snapshot: work that goes on meanwhile makes no difference. It reads every line there is. */
const SELECT_DIFFERENCES = `
  WITH share AS MATERIALIZED (
    SELECT line.sku, line.order_id, line.line_id, line.state, part.ref, part.quantity
    FROM allocation.lines line
    CROSS JOIN LATERAL jsonb_to_recordset(line.shares) AS part (ref text, quantity int)
  ), held AS (
    SELECT ref, sum(quantity) AS allocated, sum(quantity) FILTER (WHERE state = 'shipped') AS shipped
    FROM share GROUP BY ref
  ), book AS (
    SELECT batch.*, coalesce(held.allocated, 0) AS held, coalesce(held.shipped, 0) AS sent
    FROM allocation.batches batch LEFT JOIN held USING (ref)
  ), claim AS (
    SELECT sku, order_id, line_id, quantity, requested,
           CASE WHEN state IN ('allocated', 'shipped') THEN quantity ELSE 0 END AS due,
           (SELECT coalesce(sum(part.quantity), 0)
            FROM jsonb_to_recordset(shares) AS part (quantity int)) AS held
    FROM allocation.lines
  )
  SELECT rule, sku, ref, order_id AS "orderId", line_id AS "lineId", expected::float8, found::float8
  FROM (
    SELECT 'batch_allocated_is_sum_of_shares', sku, ref, NULL::uuid, NULL::uuid, held, allocated
    FROM book WHERE held <> allocated
    UNION ALL
    SELECT 'batch_shipped_is_sum_of_shipped_shares', sku, ref, NULL, NULL, sent, shipped FROM book WHERE sent <> shipped
    UNION ALL
    SELECT 'line_shares_are_its_quantity', sku, NULL, order_id, line_id, due, held FROM claim WHERE due <> held
    UNION ALL
    SELECT 'line_has_at_most_what_was_requested', sku, NULL, order_id, line_id, requested, quantity
    FROM claim WHERE quantity > requested
    UNION ALL
    SELECT 'share_is_of_a_batch_of_the_sku', share.sku, ref, order_id, line_id, 0, share.quantity
    FROM share LEFT JOIN allocation.batches batch USING (ref) WHERE batch.sku IS DISTINCT FROM share.sku
  ) AS difference (rule, sku, ref, order_id, line_id, expected, found)
  ORDER BY rule, sku, ref, order_id, line_id
  LIMIT ${LIMIT}`;

/** Whether the books of the stock add up. */
@Injectable()
export class StockCheckQueries {
  constructor(@InjectDataSource() private readonly dataSource: DataSource) {}

  async differences(): Promise<readonly StockDifference[]> {
    return this.dataSource.query(SELECT_DIFFERENCES);
  }
}
