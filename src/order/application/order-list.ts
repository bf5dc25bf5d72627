import type { OrderStatus } from '../contract/order-status.js';
import { wordsIn } from '../domain/search-words.js';
import { refundStatuses, type RefundStatus } from './order-summary.js';
import { ORDER_COLUMNS } from './order-view.js';

export interface OrderFilter {
  status?: OrderStatus;
  customerId?: string;
  sku?: string;
  /** Inclusive. */
  placedFrom?: Date;
  /** Exclusive. */
  placedTo?: Date;
  refundStatus?: 'none' | RefundStatus;
  /** Words, each of which the order must be found by. */
  q?: string;
  cursor?: string;
  limit: number;
}

interface Statement {
  readonly sql: string;
  readonly values: readonly unknown[];
}

type Value = (given: unknown) => string;

/** An order's id is made a moment after its time is taken, by a clock that may be set in between. */
const CLOCK_SLACK_MS = 10_000;

/**
 * Composed of what is asked for only. Each filter is one table that has an index with the orders by id, so PostgreSQL can
 * read the page from whichever it thinks the rarest, newest first and from any cursor on, and check the others order by
 * order. `owner`, where it is given, hides what belongs to other customers.
 */
export function listStatement(filter: OrderFilter, owner?: string): Statement {
  const values: unknown[] = [];
  const value: Value = (given) => `$${values.push(given)}`;
  const bounds = boundsOf(filter, value);
  const joins = joinsOf(filter, value).map(({ table, where }, i) => {
    const conditions = [
      `l${i}.order_id = o.id`,
      ...where(`l${i}`),
      ...bounds.map((bound) => `l${i}.order_id ${bound}`),
    ];
    return `join ${table} l${i} on ${conditions.join(' and ')}`;
  });
  const conditions = ['true', ...conditionsOf(filter, value, owner), ...bounds.map((bound) => `o.id ${bound}`)];
  const from = ['orders.orders o', ...joins].join(' ');
  const page = `order by o.id desc limit ${value(filter.limit + 1)}`;
  return { sql: `select ${ORDER_COLUMNS} from ${from} where ${conditions.join(' and ')} ${page}`, values };
}

interface Join {
  readonly table: string;
  readonly where: (alias: string) => readonly string[];
}

/** Every one of them gives an order at most once. */
function joinsOf({ sku, q, refundStatus }: OrderFilter, value: Value): readonly Join[] {
  const words = q === undefined ? [] : [...new Set(wordsIn(q))];
  const joins = words.map((word): Join => ({ table: 'orders.words', where: is('word', value(word)) }));
  if (sku !== undefined) joins.push({ table: 'orders.skus', where: is('sku', value(sku)) });
  if (refundStatus !== undefined && refundStatus !== 'none') joins.push(refunds(refundStatus, value));
  return joins;
}

const is =
  (column: string, given: string): Join['where'] =>
  (alias) => [`${alias}.${column} = ${given}`];

/** Of an order's refunds the one that makes it what it is: none counts more, and the first of equals. */
function refunds(status: RefundStatus, value: Value): Join {
  const [wanted, stronger] = [value(status), value(refundStatuses.slice(0, refundStatuses.indexOf(status)))];
  const where = (alias: string) => [
    `${alias}.part = 'refund'`,
    `${alias}.status = ${wanted}`,
    `not exists (
       select from orders.summary other
        where other.order_id = ${alias}.order_id and other.part = 'refund'
          and (other.status = any (${stronger}) or other.status = ${wanted} and other.id < ${alias}.id))`,
  ];
  return { table: 'orders.summary', where };
}

function conditionsOf(filter: OrderFilter, value: Value, owner?: string): readonly string[] {
  const { status, customerId, placedFrom, placedTo, refundStatus } = filter;
  const conditions = [];
  if (status !== undefined) conditions.push(`o.status = ${value(status)}`);
  if (customerId !== undefined) conditions.push(`o.customer_id = ${value(customerId)}`);
  if (owner !== undefined) conditions.push(`o.customer_id = ${value(owner)}`);
  if (placedFrom !== undefined) conditions.push(`o.placed_at >= ${value(placedFrom)}`);
  if (placedTo !== undefined) conditions.push(`o.placed_at < ${value(placedTo)}`);
  if (refundStatus === 'none') {
    conditions.push(`not exists (select from orders.summary s where s.order_id = o.id and s.part = 'refund')`);
  }
  return conditions;
}

/** Ids tell when they were made: what lies outside of the time asked for is not even looked at. */
function boundsOf({ cursor, placedFrom, placedTo }: OrderFilter, value: Value): readonly string[] {
  const bounds = [];
  if (cursor !== undefined) bounds.push(`< ${value(cursor)}::uuid`);
  if (placedFrom !== undefined) bounds.push(`>= ${value(firstIdOf(placedFrom.getTime() - CLOCK_SLACK_MS))}::uuid`);
  if (placedTo !== undefined) bounds.push(`< ${value(firstIdOf(placedTo.getTime() + CLOCK_SLACK_MS))}::uuid`);
  return bounds;
}

/** A UUID of version 7 begins with 48 bits of milliseconds (RFC 9562, section 5.7). */
function firstIdOf(ms: number): string {
  const time = Math.min(Math.max(ms, 0), 2 ** 48 - 1);
  const hex = time.toString(16).padStart(12, '0');
  return `${hex.slice(0, 8)}-${hex.slice(8)}-0000-0000-000000000000`;
}
