import { z } from 'zod';
import { code, listQuery } from './product.schema.js';

/** Enough for any warehouse, and a thousand such batches still add up in 32 bits. */
const MOST_UNITS = 1_000_000;
export const units = z.int().min(1).max(MOST_UNITS);
const unitsOrNone = z.int().min(0).max(MOST_UNITS);

// PostgreSQL knows no year 0.
export const day = z.iso.date().refine((date) => date >= '0001-01-01', 'There is no year 0.');

export const createBatchRequest = z.strictObject({
  ref: code,
  sku: code,
  quantity: units,
  eta: day
    .nullable()
    .default(null)
    .meta({ description: 'The day on which it is expected; without it the batch is in the warehouse.' }),
});
export type CreateBatchRequest = z.output<typeof createBatchRequest>;

export const changeQuantityRequest = z.strictObject({
  quantity: unitsOrNone,
  expectedQuantity: unitsOrNone
    .optional()
    .meta({ description: 'What the caller takes the quantity to be; if it is another one by now, nothing changes.' }),
});
export type ChangeQuantityRequest = z.output<typeof changeQuantityRequest>;

export const changeEtaRequest = z.strictObject({ eta: day });
export type ChangeEtaRequest = z.output<typeof changeEtaRequest>;

export const listBatchesQuery = listQuery.extend({ sku: code.optional() });
export type ListBatchesQuery = z.output<typeof listBatchesQuery>;
