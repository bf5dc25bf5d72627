import { EntitySchema } from 'typeorm';
import type { BackorderPolicy } from '../contract/commands.js';

export interface ProductRow {
  readonly seq: string;
  readonly sku: string;
  readonly name: string | null;
  readonly unitPrice: string | null;
  readonly currency: string | null;
  readonly active: boolean;
  readonly backorderPolicy: BackorderPolicy;
  readonly ranOut: boolean;
  readonly version: number;
}

export const productTable = new EntitySchema<ProductRow>({
  name: 'Product',
  schema: 'allocation',
  tableName: 'products',
  columns: {
    sku: { type: 'text', primary: true },
    seq: { type: 'bigint', generated: 'increment' },
    name: { type: 'text', nullable: true },
    unitPrice: { type: 'bigint', name: 'unit_price', nullable: true },
    currency: { type: 'text', nullable: true },
    active: { type: 'boolean', default: false },
    backorderPolicy: { type: 'text', name: 'backorder_policy', default: 'deny' },
    ranOut: { type: 'boolean', name: 'ran_out', default: false },
    version: { type: 'int', default: 0 },
  },
  indices: [{ name: 'products_seq', columns: ['seq'], unique: true }],
  checks: [
    { name: 'products_policy_known', expression: `backorder_policy IN ('deny', 'allow')` },
    { name: 'products_price_whole', expression: `(unit_price IS NULL) = (currency IS NULL) AND unit_price >= 0` },
    { name: 'products_active_priced', expression: `NOT active OR (name IS NOT NULL AND unit_price IS NOT NULL)` },
  ],
});
