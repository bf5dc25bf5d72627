import { z } from 'zod';

const filter = {
  consumer: z
    .string()
    .min(1)
    .max(200)
    .optional()
    .meta({ description: 'The consumer that gave up, as `GET /v1/consumers` names it; of a command, its type.' }),
  type: z.string().min(1).max(200).optional().meta({ description: 'Of the message, such as `order.canceled`.' }),
  streamId: z.string().min(1).max(200).optional().meta({ description: 'One aggregate.' }),
};

/** `e` and `c` tell events from commands. 18 digits fit into PostgreSQL's bigint, whatever they are. */
export const letterId = z.string().regex(/^[ec]\d{1,18}$/);

const cursor = z
  .string()
  .regex(/^\d{1,15}-[ec]\d{1,18}$/)
  .optional()
  .meta({ description: 'nextCursor of the page before.' });

export const listDeadLettersQuery = z.strictObject({
  ...filter,
  cursor,
  limit: z.coerce.number().int().min(1).max(100).default(20),
});
export type ListDeadLettersQuery = z.output<typeof listDeadLettersQuery>;

export const retryDeadLettersRequest = z.strictObject({
  filter: z.strictObject(filter).meta({ description: 'Only letters that fit all of it; `{}` means all of them.' }),
});
export type RetryDeadLettersRequest = z.output<typeof retryDeadLettersRequest>;

export const discardDeadLetterRequest = z.strictObject({
  reason: z.string().trim().min(1).max(500),
});
export type DiscardDeadLetterRequest = z.output<typeof discardDeadLetterRequest>;
