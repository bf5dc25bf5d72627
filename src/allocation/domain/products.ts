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
  /** Of a batch, which stays with its product. @throws BatchNotFound */
  abstract skuOf(ref: string): Promise<string>;
  /** The back-ordered lines that so many units serve: VIPs first, then first come. Called while the product is locked. */
  abstract waiting(sku: string, units: number): Promise<readonly Line[]>;
  /**
   * The allocated lines that hold units of a batch, the first to lose them first: unpaid lines, then the newest, and those
   * of VIPs last. With `units`, as many lines as hold so many. Called while the product is locked.
   */
  abstract holders(ref: string, units?: number): Promise<readonly Line[]>;
}
