import { z } from 'zod';
import { money } from '../../kernel/money.js';
import { Fields, instant, Message } from '../../messaging/index.js';

/** Who a line of stock is for: an order's line, ours or a team's own. */
const line = { sku: z.string(), orderId: z.uuid(), lineId: z.uuid() };
/** A part of a line, and the batch that it is promised from; without an eta the batch is in the warehouse. */
export const batchShare = z.object({ ref: z.string(), quantity: z.int().positive(), eta: z.iso.date().optional() });
export type BatchShare = Readonly<z.output<typeof batchShare>>;

@Message('product.defined')
export class ProductDefined extends Fields({
  sku: z.string(),
  name: z.string(),
  unitPrice: money,
  active: z.boolean(),
  backorderPolicy: z.enum(['deny', 'allow']),
  definedAt: instant,
}) {}

@Message('product.batch-created')
export class BatchCreated extends Fields({
  sku: z.string(),
  ref: z.string(),
  quantity: z.int().nonnegative(),
  eta: z.iso.date().optional(),
  createdAt: instant,
}) {}

@Message('product.stock-allocated')
export class StockAllocated extends Fields({ ...line, batches: z.array(batchShare), allocatedAt: instant }) {}

/** `kept` is what stays allocated; 0 after a cancellation. */
@Message('product.stock-deallocated')
export class StockDeallocated extends Fields({ ...line, kept: z.int().nonnegative(), deallocatedAt: instant }) {}

@Message('product.line-backordered')
export class LineBackordered extends Fields({ ...line, quantity: z.int().positive(), backorderedAt: instant }) {}

@Message('product.out-of-stock')
export class OutOfStock extends Fields({
  ...line,
  requested: z.int().positive(),
  available: z.int().nonnegative(),
  detectedAt: instant,
}) {}
