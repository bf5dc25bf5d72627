import { DomainError } from '../../kernel/domain-error.js';
import type { LineKey } from './line.js';

export class SkuUnknown extends DomainError {
  constructor(sku: string) {
    const detail = `There is no product ${sku}.`;
    super('SKU_UNKNOWN', 'invalid', detail, { errors: [{ pointer: '/sku', code: 'SKU_UNKNOWN', detail }] });
  }
}

export class ProductNotFound extends DomainError {
  constructor(sku: string) {
    super('PRODUCT_NOT_FOUND', 'not-found', `There is no product ${sku}.`);
  }
}

export class BatchNotFound extends DomainError {
  constructor(ref: string) {
    super('BATCH_NOT_FOUND', 'not-found', `There is no batch ${ref}.`);
  }
}

export class BatchExists extends DomainError {
  constructor(ref: string) {
    super('BATCH_EXISTS', 'conflict', `Another batch has the ref ${ref}.`);
  }
}

/** What has left the house was there. */
export class BatchQuantityBelowShipped extends DomainError {
  constructor({ ref, shipped }: { readonly ref: string; readonly shipped: number }) {
    super('BATCH_QUANTITY_BELOW_SHIPPED', 'conflict', `${shipped} units of batch ${ref} have been shipped.`, {
      shipped,
    });
  }
}

/** Somebody else changed it since the caller read it. */
export class QuantityChanged extends DomainError {
  constructor({ ref, quantity }: { readonly ref: string; readonly quantity: number }) {
    super('QUANTITY_CHANGED', 'conflict', `Batch ${ref} has ${quantity} units by now.`, { currentQuantity: quantity });
  }
}

export class BatchShipped extends DomainError {
  constructor(ref: string) {
    super('BATCH_SHIPPED', 'conflict', `Units of batch ${ref} have been shipped: it is in the warehouse.`);
  }
}

export class AllocationNotFound extends DomainError {
  constructor({ orderId, lineId }: LineKey) {
    super('ALLOCATION_NOT_FOUND', 'not-found', `Nothing was ever allocated for line ${lineId} of order ${orderId}.`);
  }
}

/** The same line was asked for before, with another sku or quantity. */
export class AllocationExists extends DomainError {
  constructor({ lineId }: LineKey) {
    super('ALLOCATION_EXISTS', 'conflict', `Line ${lineId} was asked for with another sku or quantity.`);
  }
}

export class AllocationBelongsToOrder extends DomainError {
  constructor({ orderId }: LineKey) {
    super('ALLOCATION_BELONGS_TO_ORDER', 'conflict', `Cancel order ${orderId} to release its stock.`, { orderId });
  }
}

export class AllocationShipped extends DomainError {
  constructor({ lineId }: LineKey) {
    super('ALLOCATION_SHIPPED', 'conflict', `Line ${lineId} has left the house.`);
  }
}

export class StockNotReady extends DomainError {
  constructor(sku: string, { lineId }: LineKey) {
    super('STOCK_NOT_READY', 'conflict', `Line ${lineId} is not whole in the warehouse.`, { lineId, sku });
  }
}
