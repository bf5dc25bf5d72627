import { EntitySchema } from 'typeorm';
import type { Line } from '../domain/line.js';

export interface LineRow extends Line {
  readonly seq: string;
  readonly sku: string;
}

export const lineTable = new EntitySchema<LineRow>({
  name: 'AllocationLine',
  schema: 'allocation',
  tableName: 'lines',
  columns: {
    orderId: { type: 'uuid', name: 'order_id', primary: true },
    lineId: { type: 'uuid', name: 'line_id', primary: true },
    sku: { type: 'text' },
    seq: { type: 'bigint', generated: 'increment' },
    origin: { type: 'text' },
    customerId: { type: 'text', name: 'customer_id', nullable: true },
    requested: { type: 'int', nullable: true },
    quantity: { type: 'int' },
    state: { type: 'text' },
    shares: { type: 'jsonb' },
  },
  indices: [
    { name: 'lines_waiting', columns: ['sku', 'seq'], where: `state = 'backordered'` },
    // On an expression, which TypeORM can't say.
    { name: 'lines_of_batch', synchronize: false },
  ],
  checks: [
    { name: 'lines_origin_known', expression: `origin IN ('order', 'team')` },
    { name: 'lines_quantity_natural', expression: '0 <= quantity' },
    {
      name: 'lines_state_known',
      expression: `state IN ('allocated', 'backordered', 'out_of_stock', 'released', 'shipped')`,
    },
  ],
  foreignKeys: [{ name: 'lines_sku_fkey', target: 'Product', columnNames: ['sku'], referencedColumnNames: ['sku'] }],
});
