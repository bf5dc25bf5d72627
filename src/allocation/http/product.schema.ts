import { z } from 'zod';
import { money } from '../../kernel/money.js';
import { backorderPolicies } from '../contract/commands.js';

/** A name that people give, and that stands in paths. */
export const code = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._:-]{0,63}$/);

export const defineProductRequest = z.strictObject({
  name: z.string().trim().min(1).max(200),
  unitPrice: money.extend({ amount: money.shape.amount.nonnegative() }),
  active: z.boolean().default(true).meta({ description: 'Whether it can be ordered.' }),
  backorderPolicy: z
    .enum(backorderPolicies)
    .default('deny')
    .meta({ description: 'Whether a line that there is no stock for waits, or is out of stock.' }),
});
export type DefineProductRequest = z.output<typeof defineProductRequest>;

export const listQuery = z.strictObject({
  cursor: code.optional().meta({ description: 'nextCursor of the page before.' }),
  limit: z.coerce.number().int().min(1).max(100).default(20),
});
export type ListQuery = z.output<typeof listQuery>;

export const availabilityQuery = z.strictObject({
  date: z.iso.date().optional().meta({ description: 'Counts what has arrived or is expected by then.' }),
});
export type AvailabilityQuery = z.output<typeof availabilityQuery>;
