import { z } from 'zod';

/** A name given by `@Consumer`, or made of the names of a class and its property. */
export const consumerName = z.string().min(1).max(200);
