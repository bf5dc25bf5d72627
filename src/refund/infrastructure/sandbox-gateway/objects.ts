import { randomBytes } from 'node:crypto';

/** A request's parameters as Stripe takes them: form-encoded, nested names in brackets. */
export type Form = Readonly<Record<string, string | undefined>>;

export type Emit = (type: string, object: object) => void;

export function newId(prefix: string): string {
  return `${prefix}_${randomBytes(12).toString('hex')}`;
}

export const now = (): number => Math.floor(Date.now() / 1000);
