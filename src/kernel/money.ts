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

function sameCurrency(a: Money, b: Money): void {
  if (a.currency !== b.currency) {
    throw new DomainError('CURRENCY_MISMATCH', 'invalid', `${a.currency} and ${b.currency} don't add up.`);
  }
}

function safe(amount: number): number {
  if (!Number.isSafeInteger(amount)) throw new DomainError('AMOUNT_TOO_LARGE', 'invalid', 'The amount is too large.');
  return amount;
}
