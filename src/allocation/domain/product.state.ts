import type { Money } from '../../kernel/money.js';
import type { BackorderPolicy, ProductDefinition } from '../contract/commands.js';
import type { Batch } from './batch.js';
import type { Line } from './line.js';

export interface ProductState {
  readonly sku: string;
  /** Null, as the price, while only batches are known. */
  readonly name: string | null;
  readonly unitPrice: Money | null;
  readonly active: boolean;
  readonly backorderPolicy: BackorderPolicy;
  /** Whether nothing has been free since somebody took the last unit, or asked in vain. */
  readonly ranOut: boolean;
  /** Those that are open, and the one asked for. */
  readonly batches: readonly Batch[];
  /** Those asked for. */
  readonly lines: readonly Line[];
  readonly version: number;
}

export function isDefinedAs(state: ProductState, definition: Omit<ProductDefinition, 'sku'>): boolean {
  const { unitPrice, name, active, backorderPolicy } = definition;
  const samePrice = unitPrice.amount === state.unitPrice?.amount && unitPrice.currency === state.unitPrice.currency;
  return samePrice && name === state.name && active === state.active && backorderPolicy === state.backorderPolicy;
}
