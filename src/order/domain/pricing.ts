import { type Money, shareOf, spread, subtract, sum, times } from '../../kernel/money.js';
import { CurrencyNotOffered, SkuUnknown } from './order.errors.js';
import type { OrderLine } from './order.state.js';

export type RequestedLine = Pick<OrderLine, 'lineId' | 'sku' | 'quantity'>;
/** Unit prices by sku. */
export type Prices = ReadonlyMap<string, Money>;

const ONE_HUNDRED_PERCENT_BPS = 10_000;

/** Freezes today's price in each line. The same sku twice stays two lines. */
export function priceLines(lines: readonly RequestedLine[], prices: Prices, currency: string): readonly OrderLine[] {
  const unknown = lines.map(({ sku }, index) => ({ index, sku })).filter(({ sku }) => !prices.has(sku));
  if (unknown.length > 0) throw new SkuUnknown(unknown);
  return lines.map((line) => priceLine(line, prices.get(line.sku)!, currency));
}

/** Takes so many basis points off the lines' sum, rounded down, and gives each line its part of it. */
export function discountLines(lines: readonly OrderLine[], bps: number, currency: string): readonly OrderLine[] {
  if (bps === 0) return lines;
  const totals = lines.map((line) => line.lineTotal);
  const discount = shareOf(sum(totals, currency), bps, ONE_HUNDRED_PERCENT_BPS);
  const weights = totals.map((total) => total.amount);
  const parts = spread(discount.amount, weights).map((amount) => ({ amount, currency }));
  return lines.map((line, i) => ({ ...line, discount: parts[i]!, lineTotal: subtract(line.lineTotal, parts[i]!) }));
}

function priceLine(line: RequestedLine, unitPrice: Money, currency: string): OrderLine {
  if (unitPrice.currency !== currency) throw new CurrencyNotOffered(currency, line.sku);
  const { quantity } = line;
  return { ...line, unitPrice, lineTotal: times(unitPrice, quantity), open: quantity, status: 'pending' };
}
