import { EntitySchema } from 'typeorm';
import type { Batch } from '../domain/batch.js';

export interface BatchRow extends Batch {
  readonly seq: string;
  readonly sku: string;
}

export const batchTable = new EntitySchema<BatchRow>({
  name: 'Batch',
  schema: 'allocation',
  tableName: 'batches',
  columns: {
    ref: { type: 'text', primary: true },
    seq: { type: 'bigint', generated: 'increment' },
    sku: { type: 'text' },
    quantity: { type: 'int' },
    eta: { type: 'date', nullable: true },
    allocated: { type: 'int' },
    shipped: { type: 'int' },
  },
  indices: [
    { name: 'batches_seq', columns: ['seq'], unique: true },
    { name: 'batches_open', columns: ['sku'], where: 'shipped < quantity' },
  ],
  checks: [
    {
      name: 'never_more_than_there_is',
      expression: '0 <= shipped AND shipped <= allocated AND allocated <= quantity',
    },
  ],
  foreignKeys: [{ name: 'batches_sku_fkey', target: 'Product', columnNames: ['sku'], referencedColumnNames: ['sku'] }],
});
