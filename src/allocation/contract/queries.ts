import { Query } from '@nestjs/cqrs';
import type { Money } from '../../kernel/money.js';

export interface ProductOffer {
  readonly sku: string;
  readonly name: string;
  readonly unitPrice: Money;
}

/** The products among `skus` that can be ordered now: active and priced. Unknown and inactive ones are left out. */
export class GetProductOffers extends Query<readonly ProductOffer[]> {
  constructor(readonly skus: readonly string[]) {
    super();
  }
}

export type LineState = 'allocated' | 'backordered' | 'out_of_stock' | 'released' | 'shipped';

export interface LineAllocation {
  readonly lineId: string;
  readonly sku: string;
  readonly state: LineState;
  readonly quantity: number;
  readonly batches: readonly { ref: string; quantity: number; eta: string | null }[];
}

export class GetOrderAllocations extends Query<readonly LineAllocation[]> {
  constructor(readonly orderId: string) {
    super();
  }
}
