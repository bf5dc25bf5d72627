import { z } from 'zod';
import { units } from './batch.schema.js';
import { code } from './product.schema.js';

export const id = z.uuid();

export const allocateRequest = z.strictObject({
  orderId: id.meta({ description: "Of the caller's own order." }),
  lineId: id.meta({ description: 'A line is allocated once, however often it is sent.' }),
  sku: code,
  quantity: units,
});
export type AllocateRequest = z.output<typeof allocateRequest>;
