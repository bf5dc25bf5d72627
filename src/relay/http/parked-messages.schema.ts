import { z } from 'zod';

/** 18 digits fit into PostgreSQL's bigint, whatever they are. */
export const parkedMessageId = z.string().regex(/^\d{1,18}$/);

export const listParkedMessagesQuery = z.strictObject({
  cursor: parkedMessageId.optional().meta({ description: 'nextCursor of the page before.' }),
  limit: z.coerce.number().int().min(1).max(100).default(20),
});
export type ListParkedMessagesQuery = z.output<typeof listParkedMessagesQuery>;

export const discardParkedMessageRequest = z.strictObject({
  reason: z.string().trim().min(1).max(500),
});
export type DiscardParkedMessageRequest = z.output<typeof discardParkedMessageRequest>;
