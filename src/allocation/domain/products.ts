import type { Line, LineKey } from './line.js';
import type { Product } from './product.js';

/** A product and what to load of it besides its open batches: its lines and closed batches are without number. */
export interface ProductSelection {
  readonly sku: string;
  readonly lines?: readonly LineKey[];
  /** The ref of a batch that is wanted even if nothing of it is left. */
  readonly batch?: string;
  /** Makes an unknown sku a product that nothing is known of, instead of failing. */
  readonly orNew?: boolean;
}

/** Every product, with its stock. */
export abstract class Products {
  /** @throws SkuUnknown */
  abstract change<R>(selection: ProductSelection, decide: (product: Product) => R | Promise<R>): Promise<R>;
  /** The back-ordered lines that so many units serve, first come first served; called while the product is locked. */
  abstract waiting(sku: string, units: number): Promise<readonly Line[]>;
}
