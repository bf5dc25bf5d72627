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

/** In words for people: `1,249.50 EUR`. Not by `Intl`, whose decimals are those of daily use: it shows no cents of HUF. */
export function format({ amount, currency }: Money): string {
  const decimals = DECIMALS[currency] ?? 2;
  const digits = String(Math.abs(amount)).padStart(decimals + 1, '0');
  const split = digits.length - decimals;
  const whole = digits.slice(0, split).replace(/\B(?=(\d{3})+$)/g, ',');
  const fraction = decimals > 0 ? `.${digits.slice(split)}` : '';
  return `${amount < 0 ? '-' : ''}${whole}${fraction} ${currency}`;
}

/** Exponents of ISO 4217 (list one) other than 2: how many decimals the minor unit stands for. */
const DECIMALS: Readonly<Record<string, number>> = {
  ...exponent(0, 'BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF'),
  ...exponent(3, 'BHD IQD JOD KWD LYD OMR TND'),
  ...exponent(4, 'CLF UYW'),
};

function exponent(decimals: number, currencies: string): Record<string, number> {
  return Object.fromEntries(currencies.split(' ').map((currency) => [currency, decimals]));
}

/** `part` of `whole` units of what all of them cost, rounded down: `floor(a · part / whole)`. */
export function shareOf(a: Money, part: number, whole: number): Money {
  // The product of two safe integers needs more digits than a number has.
  return { amount: Number((BigInt(a.amount) * BigInt(part)) / BigInt(whole)), currency: a.currency };
}

/**
 * Splits an amount in proportion to weights, so that the parts add up to it exactly: what rounding down leaves over goes
 * to the largest remainders, one unit each, the first of equals first. No part exceeds its weight while the amount
 * doesn't exceed their sum. https://en.wikipedia.org/wiki/Quota_method#Largest_remainder
 */
export function spread(amount: number, weights: readonly number[]): readonly number[] {
  const whole = weights.reduce((total, weight) => total + BigInt(weight), 0n);
  if (whole === 0n) return weights.map(() => 0);
  const shares = weights.map((weight, index) => {
    const product = BigInt(amount) * BigInt(weight);
    return { index, part: Number(product / whole), remainder: product % whole };
  });
  const left = amount - shares.reduce((total, { part }) => total + part, 0);
  const byRemainder = shares.toSorted((a, b) => compare(b.remainder, a.remainder) || a.index - b.index);
  const lucky = new Set(byRemainder.slice(0, left).map(({ index }) => index));
  return shares.map(({ index, part }) => (lucky.has(index) ? part + 1 : part));
}

const compare = (a: bigint, b: bigint): number => (a < b ? -1 : Number(a > b));

function sameCurrency(a: Money, b: Money): void {
  if (a.currency !== b.currency) {
    throw new DomainError('CURRENCY_MISMATCH', 'invalid', `${a.currency} and ${b.currency} don't add up.`);
  }
}

function safe(amount: number): number {
  if (!Number.isSafeInteger(amount)) throw new DomainError('AMOUNT_TOO_LARGE', 'invalid', 'The amount is too large.');
  return amount;
}
