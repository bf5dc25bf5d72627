export const INSERT_UNKNOWN = `INSERT INTO allocation.products (sku) VALUES ($1) ON CONFLICT DO NOTHING`;

export const LOCK = `
  SELECT sku, name, active, version,
         backorder_policy AS "backorderPolicy", ran_out AS "ranOut",
         CASE WHEN currency IS NOT NULL THEN jsonb_build_object('amount', unit_price, 'currency', currency) END AS "unitPrice"
  FROM allocation.products
  WHERE sku = $1
  FOR UPDATE`;

const LINE = `
  line.order_id AS "orderId", line.line_id AS "lineId",
  line.origin, line.customer_id AS "customerId", line.requested, line.quantity, line.state, line.shares`;

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

const OF_VIP = 'EXISTS (SELECT FROM allocation.vips vip WHERE vip.customer_id = line.customer_id)';

/** Walks along the queue of VIPs ($3) or of the others, and takes each line that what is left of the units can serve. */
export const READ_WAITING = `
  WITH RECURSIVE served (seq, units) AS (
    SELECT 0::bigint, $2::bigint
    UNION ALL
    SELECT next.seq, served.units - next.quantity
    FROM served CROSS JOIN LATERAL (
      SELECT line.seq, line.quantity FROM allocation.lines line
      WHERE line.sku = $1 AND line.state = 'backordered' AND line.seq > served.seq AND line.quantity <= served.units
        AND ${OF_VIP} = $3
      ORDER BY line.seq LIMIT 1) next)
  SELECT ${LINE}
  FROM served JOIN allocation.lines line ON line.sku = $1 AND line.state = 'backordered' AND line.seq = served.seq
  ORDER BY line.seq`;

/**
 * The allocated lines with units of the batch $1, in the order in which they lose them: an order's that is not paid, then
 * the newest, those of VIPs after all others. A team's order counts as paid: nobody tells. With $2 as many lines as hold
 * so many units.
 */
export const READ_HOLDERS = `
  SELECT ${LINE}
  FROM (
    SELECT held.*, sum(held.units) OVER (ORDER BY held.vip, held.paid, held.seq DESC) - held.units AS lost_before
    FROM (
      SELECT line.*, share.units, ${OF_VIP} AS vip,
             line.origin = 'team' OR paid.order_id IS NOT NULL AS paid
      FROM allocation.lines line
      CROSS JOIN LATERAL (
        SELECT sum(quantity) AS units FROM jsonb_to_recordset(line.shares) AS part (ref text, quantity int)
        WHERE ref = $1) share
      LEFT JOIN allocation.paid_orders paid USING (order_id)
      WHERE line.state = 'allocated' AND jsonb_path_query_array(line.shares, '$[*].ref') ? $1) held) line
  WHERE $2::bigint IS NULL OR line.lost_before < $2
  ORDER BY line.vip, line.paid, line.seq DESC`;

export const READ_SKU = `SELECT sku FROM allocation.batches WHERE ref = $1`;

/** Answers with the number of rows written: a ref or line that is another sku's is left alone. */
export const WRITE = `
  WITH product AS (
    UPDATE allocation.products
    SET version = $3, name = $4, unit_price = $5, currency = $6, active = $7, backorder_policy = $8, ran_out = $9
    WHERE sku = $1 AND version = $2
    RETURNING sku
  ), batch AS (
    INSERT INTO allocation.batches AS stored (ref, sku, quantity, eta, allocated, shipped)
    SELECT ref, $1, quantity, eta, allocated, shipped
    FROM jsonb_to_recordset($10) AS given (ref text, quantity int, eta date, allocated int, shipped int)
    ON CONFLICT (ref) DO UPDATE
    SET quantity = excluded.quantity, eta = excluded.eta, allocated = excluded.allocated, shipped = excluded.shipped
    WHERE stored.sku = excluded.sku
    RETURNING ref
  ), line AS (
    INSERT INTO allocation.lines AS stored (order_id, line_id, sku, origin, customer_id, requested, quantity, state, shares)
    SELECT "orderId", "lineId", $1, origin, "customerId", requested, quantity, state, shares
    FROM jsonb_to_recordset($11) AS given
      ("orderId" uuid, "lineId" uuid, origin text, "customerId" text, requested int, quantity int, state text, shares jsonb)
    ON CONFLICT (order_id, line_id) DO UPDATE
    SET origin = excluded.origin, customer_id = excluded.customer_id, requested = excluded.requested,
        quantity = excluded.quantity, state = excluded.state, shares = excluded.shares
    WHERE stored.sku = excluded.sku
    RETURNING line_id
  )
  SELECT (SELECT count(*) FROM product)::int AS products,
         (SELECT count(*) FROM batch)::int AS batches,
         (SELECT count(*) FROM line)::int AS lines`;
