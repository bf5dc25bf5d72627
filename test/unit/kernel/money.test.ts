import { describe, expect, it } from '@jest/globals';
import { format } from '../../../src/kernel/money.js';

describe('an amount', () => {
  it.each([
    [4_990, 'EUR', '49.90 EUR'],
    [5, 'EUR', '0.05 EUR'],
    [0, 'EUR', '0.00 EUR'],
    [-1_250, 'EUR', '-12.50 EUR'],
    [123_456_789, 'USD', '1,234,567.89 USD'],
    [100_000, 'USD', '1,000.00 USD'],
    [1_234_500, 'JPY', '1,234,500 JPY'],
    [7, 'KRW', '7 KRW'],
    [1_234_567, 'KWD', '1,234.567 KWD'],
    [12_345, 'CLF', '1.2345 CLF'],
    // Intl shows 1,235: the decimals of daily use.
    [123_450, 'HUF', '1,234.50 HUF'],
    [Number.MAX_SAFE_INTEGER, 'EUR', '90,071,992,547,409.91 EUR'],
  ])('of %i %s is written %s', (amount, currency, text) => {
    expect(format({ amount, currency })).toBe(text);
  });
});
