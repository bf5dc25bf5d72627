export const INSERT_UNKNOWN = `INSERT INTO allocation.products (sku) VALUES ($1) ON CONFLICT DO NOTHING`;

export const LOCK = `
  SELECT sku, name, active, version,
         backorder_policy AS "backorderPolicy",
         CASE WHEN currency IS NOT NULL THEN jsonb_build_object('amount', unit_price, 'currency', currency) END AS "unitPrice"
  FROM allocation.products
  WHERE sku = $1
  FOR UPDATE`;

const LINE = `
  line.order_id AS "orderId", line.line_id AS "lineId",
  line.origin, line.requested, line.quantity, line.state, line.shares`;

/** The open batches and the batch $2; the lines with the ids in $3 and $4. */
export const READ_STOCK = `
  SELECT
    (SELECT coalesce(jsonb_agg(batch), '[]')
     FROM (SELECT ref, quantity, eta, allocated, shipped FROM allocation.batches
           WHERE sku = $1 AND (shipped < quantity OR ref = $2)) batch) AS batches,
    (SELECT coalesce(jsonb_agg(found), '[]')
     FROM (SELECT ${LINE} FROM unnest($3::uuid[], $4::uuid[]) wanted (order_id, line_id)
           JOIN allocation.lines line USING (order_id, line_id)
           WHERE line.sku = $1) found) AS lines`;

/** Walks along the queue, and takes each line that what is left of the units can serve. */
export const READ_WAITING = `
  WITH RECURSIVE served (seq, units) AS (
    SELECT 0::bigint, $2::bigint
    UNION ALL
    SELECT next.seq, served.units - next.quantity
    FROM served CROSS JOIN LATERAL (
      SELECT line.seq, line.quantity FROM allocation.lines line
      WHERE line.sku = $1 AND line.state = 'backordered' AND line.seq > served.seq AND line.quantity <= served.units
      ORDER BY line.seq LIMIT 1) next)
  SELECT ${LINE}
  FROM served JOIN allocation.lines line ON line.sku = $1 AND line.state = 'backordered' AND line.seq = served.seq
  ORDER BY line.seq`;

/** Answers with the number of rows written: a ref or line that is another sku's is left alone. */
export const WRITE = `
  WITH product AS (
    UPDATE allocation.products
    SET version = $3, name = $4, unit_price = $5, currency = $6, active = $7, backorder_policy = $8
    WHERE sku = $1 AND version = $2
    RETURNING sku
  ), batch AS (
    INSERT INTO allocation.batches AS stored (ref, sku, quantity, eta, allocated, shipped)
    SELECT ref, $1, quantity, eta, allocated, shipped
    FROM jsonb_to_recordset($9) AS given (ref text, quantity int, eta date, allocated int, shipped int)
    ON CONFLICT (ref) DO UPDATE
    SET quantity = excluded.quantity, eta = excluded.eta, allocated = excluded.allocated, shipped = excluded.shipped
    WHERE stored.sku = excluded.sku
    RETURNING ref
  ), line AS (
    INSERT INTO allocation.lines AS stored (order_id, line_id, sku, origin, requested, quantity, state, shares)
    SELECT "orderId", "lineId", $1, origin, requested, quantity, state, shares
    FROM jsonb_to_recordset($10) AS given
      ("orderId" uuid, "lineId" uuid, origin text, requested int, quantity int, state text, shares jsonb)
    ON CONFLICT (order_id, line_id) DO UPDATE
    SET origin = excluded.origin, requested = excluded.requested, quantity = excluded.quantity,
        state = excluded.state, shares = excluded.shares
    WHERE stored.sku = excluded.sku
    RETURNING line_id
  )
  SELECT (SELECT count(*) FROM product)::int AS products,
         (SELECT count(*) FROM batch)::int AS batches,
         (SELECT count(*) FROM line)::int AS lines`;
