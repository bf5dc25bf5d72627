import { Aggregate } from '../../kernel/aggregate.js';
import type { Money } from '../../kernel/money.js';
import type { BackorderPolicy, NewBatch, ProductDefinition } from '../contract/commands.js';
import {
  BatchCreated,
  LineBackordered,
  OutOfStock,
  ProductDefined,
  StockAllocated,
  StockDeallocated,
  type BatchShare,
} from '../contract/events.js';
import {
  findPlace,
  firstUnits,
  freeStock,
  giveBack,
  hasArrived,
  reserve,
  takeOut,
  type Batch,
  type Share,
} from './batch.js';
import {
  AllocationBelongsToOrder,
  AllocationExists,
  AllocationShipped,
  BatchExists,
  StockNotReady,
} from './product.errors.js';
import { isLine, reducedInAdvance, type Line, type LineKey, type Origin, type WantedLine } from './line.js';

export interface ProductState {
  readonly sku: string;
  /** Null, as the price, while only batches are known. */
  readonly name: string | null;
  readonly unitPrice: Money | null;
  readonly active: boolean;
  readonly backorderPolicy: BackorderPolicy;
  /** Those that are open, and the one asked for. */
  readonly batches: readonly Batch[];
  /** Those asked for. */
  readonly lines: readonly Line[];
  readonly version: number;
}

export class Product extends Aggregate<ProductState> {
  readonly streamType = 'product';

  static from(state: ProductState): Product {
    return new Product(state);
  }

  private constructor(state: ProductState) {
    super(state);
  }

  get streamId(): string {
    return this.state.sku;
  }

  get isNew(): boolean {
    return this.version === 0;
  }

  get free(): number {
    return freeStock(this.state.batches);
  }

  define({ sku, ...definition }: ProductDefinition, now: Date): void {
    const { name, unitPrice, active, backorderPolicy } = this.state;
    if (sameFacts(definition, { name, unitPrice, active, backorderPolicy })) return;
    this.change(definition, new ProductDefined({ sku, ...definition, definedAt: now }));
  }

  /** Returns whether the batch is new. */
  createBatch({ ref, sku, quantity, eta }: NewBatch, now: Date): boolean {
    const { batches } = this.state;
    const known = batches.find((batch) => batch.ref === ref);
    if (known && (known.quantity !== quantity || known.eta !== eta)) throw new BatchExists(ref);
    if (known) return false;
    this.change(
      { batches: [...batches, { ref, quantity, eta, allocated: 0, shipped: 0 }] },
      new BatchCreated({ sku, ref, quantity, eta: eta ?? undefined, createdAt: now }),
    );
    return true;
  }

  allocate({ orderId, lineId, quantity }: WantedLine, origin: Origin, now: Date): void {
    const known = this.line({ orderId, lineId });
    if (known && known.requested !== null) return mustAskTheSame(known, quantity);
    const granted = Math.min(quantity, known?.quantity ?? quantity);
    if (granted === 0) return;
    const asked = { orderId, lineId, origin, requested: quantity, quantity: granted };
    const line: Line = { ...asked, state: 'backordered', shares: [] };
    if (!this.place(line, now)) this.fallShort(line, now);
  }

  /** Lowers what a line may have to `keep`; a lower one wins. 0 is for good, also for a line that is yet to come. */
  deallocate(key: LineKey, keep: number, by: Origin, now: Date): void {
    const line = this.line(key);
    if (!line) return this.put(reducedInAdvance(key, keep, by));
    if (line.origin === 'order' && by === 'team') throw new AllocationBelongsToOrder(key);
    if (keep >= line.quantity || line.state === 'out_of_stock') return;
    if (line.state === 'shipped') throw new AllocationShipped(key);
    this.reduce(line, keep, now);
  }

  /** Gives what is free to waiting lines. One that doesn't fit whole lets others pass, as it does new ones. */
  serve(waiting: readonly Line[], now: Date): void {
    for (const stored of waiting) {
      const line = this.line(stored) ?? stored;
      if (line.state === 'backordered') this.place(line, now);
    }
  }

  /** @throws StockNotReady */
  ship(wanted: readonly WantedLine[]): void {
    const ready = wanted.map((line) => this.readyLine(line)).filter((line) => line.state !== 'shipped');
    const shares = ready.flatMap((line) => line.shares);
    if (ready.length === 0) return;
    const lines = this.state.lines.map((line): Line => (ready.includes(line) ? { ...line, state: 'shipped' } : line));
    this.change({ lines, batches: takeOut(this.state.batches, shares) });
  }

  private line(key: LineKey): Line | undefined {
    return this.state.lines.find(isLine(key));
  }

  private put(line: Line, ...events: object[]): void {
    const others = this.state.lines.filter((other) => !isLine(line)(other));
    this.change({ lines: [...others, line] }, ...events);
  }

  /** Returns whether there was stock for the whole line. */
  private place(line: Line, now: Date): boolean {
    const shares = findPlace(this.state.batches, line.quantity);
    if (!shares) return false;
    this.change({ batches: reserve(this.state.batches, shares) });
    const batches = shares.map((share) => this.published(share));
    this.put(
      { ...line, state: 'allocated', shares },
      new StockAllocated({ ...this.names(line), batches, allocatedAt: now }),
    );
    return true;
  }

  private fallShort(line: Line, now: Date): void {
    const names = this.names(line);
    if (this.state.backorderPolicy === 'allow') {
      return this.put(line, new LineBackordered({ ...names, quantity: line.quantity, backorderedAt: now }));
    }
    const amounts = { requested: line.quantity, available: this.free };
    this.put({ ...line, state: 'out_of_stock' }, new OutOfStock({ ...names, ...amounts, detectedAt: now }));
  }

  private reduce(line: Line, keep: number, now: Date): void {
    const shares = firstUnits(line.shares, keep);
    const reduced: Line = { ...line, quantity: keep, shares, state: keep === 0 ? 'released' : line.state };
    if (line.requested === null) return this.put(reduced);
    this.change({ batches: reserve(giveBack(this.state.batches, line.shares), shares) });
    this.put(reduced, new StockDeallocated({ ...this.names(line), kept: keep, deallocatedAt: now }));
    this.serve([reduced], now);
  }

  private readyLine(wanted: WantedLine): Line {
    const line = this.line(wanted);
    if (line?.state === 'shipped') return line;
    const inWarehouse = line?.shares.every((share) => hasArrived(this.batchOf(share)));
    if (line?.state === 'allocated' && line.quantity === wanted.quantity && inWarehouse) return line;
    throw new StockNotReady(this.state.sku, wanted);
  }

  private batchOf(share: Share): Batch {
    return this.state.batches.find((batch) => batch.ref === share.ref) as Batch;
  }

  private published(share: Share): BatchShare {
    return { ...share, eta: this.batchOf(share).eta ?? undefined };
  }

  private names({ orderId, lineId }: LineKey) {
    return { sku: this.state.sku, orderId, lineId };
  }
}

function mustAskTheSame(line: Line, quantity: number): void {
  if (line.requested !== quantity) throw new AllocationExists(line);
}

function sameFacts(
  a: Omit<ProductDefinition, 'sku'>,
  b: Pick<ProductState, keyof Omit<ProductDefinition, 'sku'>>,
): boolean {
  const samePrice = a.unitPrice.amount === b.unitPrice?.amount && a.unitPrice.currency === b.unitPrice.currency;
  return samePrice && a.name === b.name && a.active === b.active && a.backorderPolicy === b.backorderPolicy;
}
