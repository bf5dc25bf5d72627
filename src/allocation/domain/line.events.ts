import {
  LineBackordered,
  LineEtaChanged,
  OutOfStock,
  StockAllocated,
  StockDeallocated,
  type BatchShare,
} from '../contract/events.js';
import { promisedDate, type Batch, type Share } from './batch.js';
import type { Line, LineKey } from './line.js';

type Held = LineKey & { readonly shares: readonly Share[] };

/** The events that tell what became of a product's lines. */
export class LineEvents {
  constructor(
    private readonly sku: string,
    private readonly now: Date,
  ) {}

  allocated(line: Held, batches: readonly Batch[]): StockAllocated {
    const etaOf = (ref: string) => batches.find((batch) => batch.ref === ref)?.eta ?? undefined;
    const shares = line.shares.map((share): BatchShare => ({ ...share, eta: etaOf(share.ref) }));
    return new StockAllocated({ ...this.names(line), batches: shares, allocatedAt: this.now });
  }

  deallocated(line: LineKey, kept: number): StockDeallocated {
    return new StockDeallocated({ ...this.names(line), kept, deallocatedAt: this.now });
  }

  backordered(line: Line, cause: LineBackordered['cause']): LineBackordered {
    return new LineBackordered({ ...this.names(line), quantity: line.quantity, cause, backorderedAt: this.now });
  }

  outOfStock(line: Line, available: number): OutOfStock {
    return new OutOfStock({ ...this.names(line), requested: line.quantity, available, detectedAt: this.now });
  }

  /** If the promised date of the line is another one now; a line without a share has none. */
  etaChanged(
    [before, after]: readonly [Held, Held],
    batches: readonly Batch[],
    previously: readonly Batch[] = batches,
  ): LineEtaChanged[] {
    if (before.shares.length === 0 || after.shares.length === 0) return [];
    const eta = promisedDate(batches, after.shares);
    if (eta === promisedDate(previously, before.shares)) return [];
    return [new LineEtaChanged({ ...this.names(after), eta: eta ?? undefined, changedAt: this.now })];
  }

  private names({ orderId, lineId }: LineKey) {
    return { sku: this.sku, orderId, lineId };
  }
}
