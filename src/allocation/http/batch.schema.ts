import { z } from 'zod';
import { code, listQuery } from './product.schema.js';

/** Enough for any warehouse, and a thousand such batches still add up in 32 bits. */
export const units = z.int().min(1).max(1_000_000);

export const createBatchRequest = z.strictObject({
  ref: code,
  sku: code,
  quantity: units,
  eta: z.iso
    .date()
    // PostgreSQL knows no year 0.
    .refine((date) => date >= '0001-01-01', 'There is no year 0.')
    .nullable()
    .default(null)
    .meta({ description: 'The day on which it is expected; without it the batch is in the warehouse.' }),
});
export type CreateBatchRequest = z.output<typeof createBatchRequest>;

export const listBatchesQuery = listQuery.extend({ sku: code.optional() });
export type ListBatchesQuery = z.output<typeof listBatchesQuery>;
