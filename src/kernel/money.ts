import { z } from 'zod';
import { DomainError } from './domain-error.js';

/** `amount` in the currency's minor units (cents), a safe integer. */
export const money = z.strictObject({
  amount: z.int().meta({ description: 'In minor units of the currency, such as cents.' }),
  currency: z
    .string()
    .regex(/^[A-Z]{3}$/)
    .meta({ description: 'ISO 4217.' }),
});
export type Money = Readonly<z.output<typeof money>>;

export const zero = (currency: string): Money => ({ amount: 0, currency });

export function add(a: Money, b: Money): Money {
  sameCurrency(a, b);
  return { amount: safe(a.amount + b.amount), currency: a.currency };
}

export function subtract(a: Money, b: Money): Money {
  sameCurrency(a, b);
  return { amount: safe(a.amount - b.amount), currency: a.currency };
}

export function times(a: Money, factor: number): Money {
  return { amount: safe(a.amount * factor), currency: a.currency };
}

export function sum(amounts: readonly Money[], currency: string): Money {
  return amounts.reduce(add, zero(currency));
}

function sameCurrency(a: Money, b: Money): void {
  if (a.currency !== b.currency) {
    throw new DomainError('CURRENCY_MISMATCH', 'invalid', `${a.currency} and ${b.currency} don't add up.`);
  }
}

function safe(amount: number): number {
  if (!Number.isSafeInteger(amount)) throw new DomainError('AMOUNT_TOO_LARGE', 'invalid', 'The amount is too large.');
  return amount;
}
