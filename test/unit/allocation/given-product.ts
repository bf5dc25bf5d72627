import type { BackorderPolicy, NewBatch } from '../../../src/allocation/index.js';
import type { Line, LineKey, WantedLine } from '../../../src/allocation/domain/line.js';
import { Product, type ProductState } from '../../../src/allocation/domain/product.js';

export const NOW = new Date('2026-03-01T12:00:00.000Z');
export const SKU = 'CHAIR';
const ORDER = '0195a000-0000-7000-8000-000000000001';

/** The n-th line of one order. */
export const key = (n: number): LineKey => ({
  orderId: ORDER,
  lineId: `0195a000-0000-7000-8000-${String(n).padStart(12, '0')}`,
});
export const named = (n: number) => ({ sku: SKU, ...key(n) });
export const wanted = (n: number, quantity: number): WantedLine => ({ ...named(n), quantity });

type Step = (product: Product) => void;

export const batch = (ref: string, quantity: number, eta: string | null = null): NewBatch => ({
  ref,
  sku: SKU,
  quantity,
  eta,
});
export const created =
  (...given: Parameters<typeof batch>): Step =>
  (product) =>
    product.createBatch(batch(...given), NOW);
export const allocating =
  (n: number, quantity: number): Step =>
  (product) =>
    product.allocate(wanted(n, quantity), 'order', NOW);
export const deallocating =
  (n: number, keep = 0): Step =>
  (product) =>
    product.deallocate(key(n), keep, 'order', NOW);
/** Serves whatever waits, as the use cases do once stock is free. */
export const serving: Step = (product) => product.serve(waitingIn(product), NOW);
export const shipping =
  (n: number, quantity: number): Step =>
  (product) =>
    product.ship([wanted(n, quantity)]);
export const withPolicy =
  (backorderPolicy: BackorderPolicy): Step =>
  (product) =>
    product.define(
      { sku: SKU, name: 'Chair', unitPrice: { amount: 4_999, currency: 'EUR' }, active: true, backorderPolicy },
      NOW,
    );

export const waitingIn = (product: Product): readonly Line[] =>
  product.state.lines.filter((line) => line.state === 'backordered').sort((a, b) => (a.lineId < b.lineId ? -1 : 1));

const nothingKnown: ProductState = {
  sku: SKU,
  name: null,
  unitPrice: null,
  active: false,
  backorderPolicy: 'deny',
  batches: [],
  lines: [],
  version: 0,
};

/** A product after these steps; `when` answers the events of one more. */
export function given(...steps: readonly Step[]) {
  const product = Product.from(nothingKnown);
  for (const step of steps) step(product);
  product.uncommit();
  return {
    product,
    when(step: Step): object[] {
      step(product);
      return product.getUncommittedEvents();
    },
    line: (n: number): Line | undefined => product.state.lines.find((line) => line.lineId === key(n).lineId),
    batch: (ref: string) => product.state.batches.find((candidate) => candidate.ref === ref),
  };
}
