import { z } from 'zod';

const reading = {
  offset: z.coerce.number().int().min(0).default(0).meta({ description: 'The last position seen; 0 at the start.' }),
  incarnation: z.uuid().optional().meta({
    description: 'Of the log that the offset is of. Send it: if the log was restored since, the answer is 409.',
  }),
  type: z
    .string()
    .max(200)
    .regex(/^[\w-]+(\.[\w-]+)*(\.\*)?$/)
    .optional()
    .meta({ description: 'Of the event: exact, or a prefix such as `order.*`.' }),
  source: z.string().min(1).max(200).optional().meta({ description: 'The kind of aggregate, such as `order`.' }),
  sourceId: z.string().min(1).max(200).optional().meta({ description: 'One aggregate.' }),
};

export const readEventsQuery = z.strictObject({
  ...reading,
  limit: z.coerce.number().int().min(1).max(1000).default(100),
  wait: z.coerce
    .number()
    .min(0)
    .max(30)
    .default(0)
    .meta({ description: 'Seconds to wait for an event when there is none.' }),
});
export type ReadEventsQuery = z.output<typeof readEventsQuery>;

export const streamEventsQuery = z.strictObject(reading);
export type StreamEventsQuery = z.output<typeof streamEventsQuery>;
