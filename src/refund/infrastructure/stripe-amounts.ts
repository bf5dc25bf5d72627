import type { Money } from '../../kernel/money.js';

/**
 * Stripe counts in minor units as ISO 4217 does, except for these, which lost their decimals after Stripe began with
 * them: https://docs.stripe.com/currencies#special-cases
 */
const HUNDREDTHS: ReadonlySet<string> = new Set(['ISK', 'UGX']);

export interface StripeAmount {
  readonly amount: number;
  readonly currency: string;
}

export function toStripe({ amount, currency }: Money): StripeAmount {
  return { amount: amount * factor(currency), currency: currency.toLowerCase() };
}

export function fromStripe({ amount, currency }: StripeAmount): Money {
  const code = currency.toUpperCase();
  return { amount: Math.round(amount / factor(code)), currency: code };
}

function factor(currency: string): number {
  return HUNDREDTHS.has(currency) ? 100 : 1;
}
