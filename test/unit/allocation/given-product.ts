import type { BackorderPolicy, NewBatch } from '../../../src/allocation/index.js';
import type { Line, LineKey, WantedLine } from '../../../src/allocation/domain/line.js';
import { Product } from '../../../src/allocation/domain/product.js';
import type { ProductState } from '../../../src/allocation/domain/product.state.js';

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

export type Step = (product: Product) => void;

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
/** What the repository knows of lines, by their numbers. */
export interface Standing {
  readonly paid?: readonly number[];
  readonly vip?: readonly number[];
}

export const changingQuantity =
  (ref: string, quantity: number, { expected, ...standing }: Standing & { expected?: number } = {}): Step =>
  (product) =>
    product.changeQuantity(ref, { quantity, expected }, holdersIn(product, ref, standing), NOW);
export const changingEta =
  (ref: string, eta: string): Step =>
  (product) =>
    product.changeEta(ref, eta, holdersIn(product, ref), NOW);
export const receiving =
  (ref: string): Step =>
  (product) =>
    product.receive(ref, holdersIn(product, ref), NOW);
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

export const numberOf = (line: LineKey): number => Number(line.lineId.slice(-12));

/** The first to lose their units first, as the repository gives them. */
export function holdersIn(product: Product, ref: string, { paid = [], vip = [] }: Standing = {}): readonly Line[] {
  const rank = (line: Line) =>
    [vip.includes(numberOf(line)), paid.includes(numberOf(line)), -numberOf(line)].map(Number);
  const holds = (line: Line) => line.state === 'allocated' && line.shares.some((share) => share.ref === ref);
  const byRank = (a: Line, b: Line) =>
    rank(a)
      .map((n, i) => n - rank(b)[i]!)
      .find((difference) => difference !== 0) ?? 0;
  return product.state.lines.filter(holds).sort(byRank);
}

const nothingKnown: ProductState = {
  sku: SKU,
  name: null,
  unitPrice: null,
  active: false,
  backorderPolicy: 'deny',
  ranOut: false,
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
