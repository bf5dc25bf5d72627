import { type Caller, nameOf } from '../../access/index.js';
import type { Actor } from '../domain/refund.state.js';

export const actor = (caller: Caller, note: string | null = null): Actor => ({ by: nameOf(caller), note });
