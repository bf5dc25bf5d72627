import { Command } from '@nestjs/cqrs';
import type { Money } from '../../kernel/money.js';

/** What to do with a line that there is no stock for. */
export const backorderPolicies = ['deny', 'allow'] as const;
export type BackorderPolicy = (typeof backorderPolicies)[number];

export interface ProductDefinition {
  readonly sku: string;
  readonly name: string;
  readonly unitPrice: Money;
  readonly active: boolean;
  readonly backorderPolicy: BackorderPolicy;
}

/** Resolves to whether the product is new. */
export class DefineProduct extends Command<boolean> {
  constructor(readonly definition: ProductDefinition) {
    super();
  }
}

export interface NewBatch {
  readonly ref: string;
  readonly sku: string;
  readonly quantity: number;
  /** The day on which it is expected (`YYYY-MM-DD`); null when it is in the warehouse. */
  readonly eta: string | null;
}

/**
 * Resolves to whether the batch is new. An unknown sku becomes a product without a price, which can be allocated but not
 * ordered. Fails with BATCH_EXISTS where another batch has the ref.
 */
export class CreateBatch extends Command<boolean> {
  constructor(readonly batch: NewBatch) {
    super();
  }
}

/**
 * Takes an order's stock out of the house, in the sender's unit of work; products are locked in sku order.
 * Fails with STOCK_NOT_READY unless every line sits whole on batches that have arrived.
 */
export class ShipAllocations extends Command<void> {
  constructor(
    readonly orderId: string,
    readonly lines: readonly { lineId: string; sku: string; quantity: number }[],
  ) {
    super();
  }
}
