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

/** A table that has the orders by id in an index, after the column that a filter fixes. */
interface Source {
  readonly table: string;
  /** Its column with the order's id. */
  readonly id: string;
  /** Each order is in at most one row that meets all of them. `t` is the table's alias. */
  readonly where: (t: string) => readonly string[];
}

/**
 * Composed of what is asked for only. PostgreSQL reads the page from whichever source it thinks the rarest, newest first
 * and from any cursor on, and checks the others order by order. Ids come first and the rest of the orders after them:
 * ids alone can be read from the indexes, which makes reading past the orders of other states, as many as there may be
 * in a row, look as expensive to the planner as it is. `owner`, where it is given, hides what is other customers'.
 */
export function listStatement(filter: OrderFilter, owner?: string): Statement {
  const values: unknown[] = [];
  const value: Value = (given) => `$${values.push(given)}`;
  const bounds = boundsOf(filter, value);
  const sources = sourcesOf(filter, value, owner);
  const keys = sources.map(({ id }, i) => `t${i}.${id}`);
  const conditions = [
    ...keys.slice(1).map((key) => `${key} = ${keys[0]}`),
    ...sources.flatMap(({ where }, i) => where(`t${i}`)),
    ...keys.flatMap((key) => bounds.map((bound) => `${key} ${bound}`)),
  ];
  const where = conditions.length > 0 ? `where ${conditions.join(' and ')}` : '';
  const from = sources.map(({ table }, i) => `${table} t${i}`).join(', ');
  const page = `select ${keys[0]} as id from ${from} ${where} order by 1 desc limit ${value(filter.limit + 1)}`;
  const sql = `with page as materialized (${page})
    select ${ORDER_COLUMNS} from page join orders.orders o using (id) order by o.id desc`;
  return { sql, values };
}

function sourcesOf(filter: OrderFilter, value: Value, owner?: string): readonly Source[] {
  const { sku, q, refundStatus } = filter;
  const words = q === undefined ? [] : [...new Set(wordsIn(q))];
  const sources = words.map((word) => entries('orders.words', 'word', value(word)));
  if (sku !== undefined) sources.push(entries('orders.skus', 'sku', value(sku)));
  if (refundStatus !== undefined && refundStatus !== 'none') sources.push(refunds(refundStatus, value));
  const own = conditionsOf(filter, value, owner);
  if (sources.length > 0 && own.length === 0) return sources;
  const where = (t: string) => own.map((condition) => condition(t));
  return [{ table: 'orders.orders', id: 'id', where }, ...sources];
}

const entries = (table: string, column: string, given: string): Source => ({
  table,
  id: 'order_id',
  where: (t) => [`${t}.${column} = ${given}`],
});

/** Of an order's refunds the one that makes it what it is: none counts more, and the first of equals. */
function refunds(status: RefundStatus, value: Value): Source {
  const [wanted, stronger] = [value(status), value(refundStatuses.slice(0, refundStatuses.indexOf(status)))];
  const where = (t: string) => [
    `${t}.part = 'refund'`,
    `${t}.status = ${wanted}`,
    `not exists (
       select from orders.summary other
        where other.order_id = ${t}.order_id and other.part = 'refund'
          and (other.status = any (${stronger}) or other.status = ${wanted} and other.id < ${t}.id))`,
  ];
  return { table: 'orders.summary', id: 'order_id', where };
}

type OwnCondition = (t: string) => string;

function conditionsOf(filter: OrderFilter, value: Value, owner?: string): readonly OwnCondition[] {
  const { status, customerId, placedFrom, placedTo, refundStatus } = filter;
  const given: readonly (readonly [condition: string, operand: unknown])[] = [
    ['status =', status],
    ['customer_id =', customerId],
    ['customer_id =', owner],
    ['placed_at >=', placedFrom],
    ['placed_at <', placedTo],
  ];
  const conditions = given
    .filter(([, operand]) => operand !== undefined)
    .map(([condition, operand]): OwnCondition => {
      const compared = `${condition} ${value(operand)}`;
      return (t) => `${t}.${compared}`;
    });
  return refundStatus === 'none' ? [...conditions, withoutRefund] : conditions;
}

const withoutRefund: OwnCondition = (t) =>
  `not exists (select from orders.summary s where s.order_id = ${t}.id and s.part = 'refund')`;

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
