import { Aggregate } from '../../kernel/aggregate.js';
import type { NewBatch, ProductDefinition } from '../contract/commands.js';
import {
  BackInStock,
  BatchCreated,
  BatchEtaChanged,
  BatchQuantityChanged,
  BatchReceived,
  ProductDefined,
} from '../contract/events.js';
import { freeStock, hasArrived, replaced, takeOut, type Batch } from './batch.js';
import {
  AllocationBelongsToOrder,
  AllocationExists,
  AllocationShipped,
  BatchExists,
  BatchQuantityBelowShipped,
  BatchShipped,
  QuantityChanged,
  StockNotReady,
} from './product.errors.js';
import { isLine, reducedInAdvance, withLine, type Line, type LineKey, type Origin, type WantedLine } from './line.js';
import { fellShort, moved, placed, reduced, rescheduled, stockOf, type Decision } from './placing.js';
import { isDefinedAs, type ProductState } from './product.state.js';
import { losersOf, reallocate } from './reallocation.js';

export interface QuantityChange {
  readonly quantity: number;
  /** What the caller takes the quantity to be. */
  readonly expected?: number;
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
    if (isDefinedAs(this.state, definition)) return;
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

  /** What a batch would have promised beyond a quantity. */
  excessOf(ref: string, quantity: number): number {
    return Math.max(0, this.batch(ref).allocated - quantity);
  }

  /** What the batch can serve no longer is taken back from its holders, in their order, and finds another place or waits. */
  changeQuantity(ref: string, { quantity, expected }: QuantityChange, holders: readonly Line[], now: Date): void {
    const batch = this.batch(ref);
    if (quantity === batch.quantity) return;
    if (expected !== undefined && expected !== batch.quantity) throw new QuantityChanged(batch);
    if (quantity < batch.shipped) throw new BatchQuantityBelowShipped(batch);
    const resized = { ...batch, quantity };
    const { batches, moves } = reallocate(replaced(this.state.batches, resized), losersOf(resized, holders));
    const facts = { sku: this.state.sku, ref, previousQuantity: batch.quantity, quantity };
    this.change(stockOf(this.state, batches), new BatchQuantityChanged({ ...facts, changedAt: now }));
    for (const move of moves) this.decide(moved(this.state, move, now));
  }

  changeEta(ref: string, eta: string, holders: readonly Line[], now: Date): void {
    const batch = this.batch(ref);
    if (eta === batch.eta) return;
    if (batch.shipped > 0) throw new BatchShipped(ref);
    const previousEta = batch.eta ?? undefined;
    this.change({}, new BatchEtaChanged({ sku: this.state.sku, ref, previousEta, eta, changedAt: now }));
    this.decide(rescheduled(this.state, { ...batch, eta }, holders, now));
  }

  receive(ref: string, holders: readonly Line[], now: Date): void {
    const batch = this.batch(ref);
    if (hasArrived(batch)) return;
    this.change({}, new BatchReceived({ sku: this.state.sku, ref, receivedAt: now }));
    this.decide(rescheduled(this.state, { ...batch, eta: null }, holders, now));
  }

  allocate({ orderId, lineId, quantity, customerId }: WantedLine, origin: Origin, now: Date): void {
    const known = this.line({ orderId, lineId });
    if (known && known.requested !== null) return mustAskTheSame(known, quantity);
    const granted = Math.min(quantity, known?.quantity ?? quantity);
    if (granted === 0) return;
    const asked = { orderId, lineId, origin, customerId: customerId ?? null, requested: quantity, quantity: granted };
    const line: Line = { ...asked, state: 'backordered', shares: [] };
    this.decide(placed(this.state, line, now) ?? fellShort(this.state, line, now));
  }

  /** Lowers what a line may have to `keep`; a lower one wins. 0 is for good, also for a line that is yet to come. */
  deallocate(key: LineKey, keep: number, by: Origin, now: Date): void {
    const line = this.line(key);
    if (!line) return this.put(reducedInAdvance(key, keep, by));
    if (line.origin === 'order' && by === 'team') throw new AllocationBelongsToOrder(key);
    if (keep >= line.quantity || line.state === 'out_of_stock') return;
    if (line.state === 'shipped') throw new AllocationShipped(key);
    if (line.requested === null) return this.put({ ...line, quantity: keep });
    this.decide(reduced(this.state, line, keep, now));
    this.serveFitting([line], now);
  }

  /** Gives what is free to waiting lines. One that doesn't fit whole lets others pass, as it does new ones. */
  serve(waiting: readonly Line[], now: Date): void {
    this.serveFitting(waiting, now);
    const { sku, ranOut } = this.state;
    if (!ranOut || this.free === 0) return;
    this.change({ ranOut: false }, new BackInStock({ sku, available: this.free, detectedAt: now }));
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

  private batch(ref: string): Batch {
    return this.state.batches.find((batch) => batch.ref === ref) as Batch;
  }

  private put(line: Line): void {
    this.change({ lines: withLine(this.state.lines, line) });
  }

  private decide(decision: Decision | undefined): void {
    if (decision) this.change(decision.changes, ...decision.events);
  }

  private serveFitting(waiting: readonly Line[], now: Date): void {
    for (const stored of waiting) {
      const line = this.line(stored) ?? stored;
      if (line.state === 'backordered') this.decide(placed(this.state, line, now));
    }
  }

  private readyLine(wanted: WantedLine): Line {
    const line = this.line(wanted);
    if (line?.state === 'shipped') return line;
    const inWarehouse = line?.shares.every((share) => hasArrived(this.batch(share.ref)));
    if (line?.state === 'allocated' && line.quantity === wanted.quantity && inWarehouse) return line;
    throw new StockNotReady(this.state.sku, wanted);
  }
}

function mustAskTheSame(line: Line, quantity: number): void {
  if (line.requested !== quantity) throw new AllocationExists(line);
}
