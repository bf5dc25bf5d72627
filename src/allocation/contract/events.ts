import { z } from 'zod';
import { money } from '../../kernel/money.js';
import { Fields, instant, Message, type Upcast } from '../../messaging/index.js';

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

@Message('product.batch-quantity-changed')
export class BatchQuantityChanged extends Fields({
  sku: z.string(),
  ref: z.string(),
  previousQuantity: z.int().nonnegative(),
  quantity: z.int().nonnegative(),
  changedAt: instant,
}) {}

/** Without an eta the batch is in the warehouse. */
@Message('product.batch-eta-changed')
export class BatchEtaChanged extends Fields({
  sku: z.string(),
  ref: z.string(),
  previousEta: z.iso.date().optional(),
  eta: z.iso.date().optional(),
  changedAt: instant,
}) {}

@Message('product.batch-received')
export class BatchReceived extends Fields({ sku: z.string(), ref: z.string(), receivedAt: instant }) {}

/** Something is free again of a sku that had run out, after the lines that waited took what fits them. */
@Message('product.back-in-stock')
export class BackInStock extends Fields({ sku: z.string(), available: z.int().positive(), detectedAt: instant }) {}

/**
 * Another promised date of an allocated line, for whatever reason: the latest eta of its batches; without one all of them
 * are in the warehouse.
 */
@Message('product.line-eta-changed')
export class LineEtaChanged extends Fields({ ...line, eta: z.iso.date().optional(), changedAt: instant }) {}

@Message('product.stock-allocated')
export class StockAllocated extends Fields({ ...line, batches: z.array(batchShare), allocatedAt: instant }) {}

/**
 * `kept` is what the line may still have: 0 after a cancellation; its quantity where a batch became smaller, and then it
 * is allocated elsewhere, or back-ordered, at once.
 */
@Message('product.stock-deallocated')
export class StockDeallocated extends Fields({ ...line, kept: z.int().nonnegative(), deallocatedAt: instant }) {}

const beforeStockCuts: Upcast = (payload) => ({ cause: 'placing', ...payload });

/** Version 1 knew no cuts: a line waited from its placing on. */
@Message('product.line-backordered', { version: 2, upcast: beforeStockCuts })
export class LineBackordered extends Fields({
  ...line,
  quantity: z.int().positive(),
  /** Too little stock when it was placed, or a batch that became smaller later: then staff decides. */
  cause: z.enum(['placing', 'stock_cut']),
  backorderedAt: instant,
}) {}

@Message('product.out-of-stock')
export class OutOfStock extends Fields({
  ...line,
  requested: z.int().positive(),
  available: z.int().nonnegative(),
  detectedAt: instant,
}) {}
