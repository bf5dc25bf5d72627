import { findPlace, firstUnits, freeStock, giveBack, inPreference, replaced, reserve, type Batch } from './batch.js';
import { LineEvents } from './line.events.js';
import { withLine, type Line } from './line.js';
import type { ProductState } from './product.state.js';
import type { Move } from './reallocation.js';

/** What a decision about a product changes, and what it tells. */
export interface Decision {
  readonly changes: Partial<ProductState>;
  readonly events: readonly object[];
}

/** Of a product that may have less stock than before. */
export function stockOf({ ranOut }: ProductState, batches: readonly Batch[]) {
  return { batches, ranOut: ranOut || freeStock(batches) === 0 };
}

/** Undefined unless there is stock for the whole line. */
export function placed(state: ProductState, line: Line, now: Date): Decision | undefined {
  const shares = findPlace(state.batches, line.quantity);
  if (!shares) return undefined;
  const allocated: Line = { ...line, state: 'allocated', shares };
  const stock = stockOf(state, reserve(state.batches, shares));
  const event = new LineEvents(state.sku, now).allocated(allocated, stock.batches);
  return { changes: { ...stock, lines: withLine(state.lines, allocated) }, events: [event] };
}

export function fellShort(state: ProductState, line: Line, now: Date): Decision {
  const events = new LineEvents(state.sku, now);
  const waits = state.backorderPolicy === 'allow';
  const left: Line = { ...line, state: waits ? 'backordered' : 'out_of_stock' };
  const event = waits ? events.backordered(line, 'placing') : events.outOfStock(line, freeStock(state.batches));
  return { changes: { ...stockOf(state, state.batches), lines: withLine(state.lines, left) }, events: [event] };
}

/** The line keeps its claim, whatever the policy; another place may mean another date. */
export function moved(state: ProductState, { line, shares }: Move, now: Date): Decision {
  const events = new LineEvents(state.sku, now);
  const freed = events.deallocated(line, line.quantity);
  const after: Line = { ...line, shares, state: shares.length === 0 ? 'backordered' : 'allocated' };
  const outcome =
    shares.length === 0
      ? [events.backordered(line, 'stock_cut')]
      : [events.allocated(after, state.batches), ...events.etaChanged([line, after], state.batches)];
  return { changes: { lines: withLine(state.lines, after) }, events: [freed, ...outcome] };
}

/** Keeps the best shares. */
export function reduced(state: ProductState, line: Line, keep: number, now: Date): Decision {
  const events = new LineEvents(state.sku, now);
  const shares = firstUnits(inPreference(state.batches, line.shares), keep);
  const after: Line = { ...line, quantity: keep, shares, state: keep === 0 ? 'released' : line.state };
  const batches = reserve(giveBack(state.batches, line.shares), shares);
  const told = [events.deallocated(line, keep), ...events.etaChanged([line, after], batches)];
  return { changes: { batches, lines: withLine(state.lines, after) }, events: told };
}

/** Of a batch that arrives on another day; the promised dates of its holders may move. */
export function rescheduled(state: ProductState, batch: Batch, holders: readonly Line[], now: Date): Decision {
  const events = new LineEvents(state.sku, now);
  const batches = replaced(state.batches, batch);
  return {
    changes: { batches },
    events: holders.flatMap((line) => events.etaChanged([line, line], batches, state.batches)),
  };
}
