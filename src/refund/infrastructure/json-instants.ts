import type { ValueTransformer } from 'typeorm';
import { z } from 'zod';
import { instant } from '../../messaging/index.js';

/** JSON has no dates: the schema names the field that becomes one, and lets the others through. */
const actions = z.array(z.looseObject({ at: instant }));

export const jsonActions: ValueTransformer = {
  to: (value: unknown) => z.encode(actions, value as z.output<typeof actions>),
  from: (value: unknown) => z.decode(actions, value as z.input<typeof actions>),
};
