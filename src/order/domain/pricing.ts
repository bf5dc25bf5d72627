import { type Money, times } from '../../kernel/money.js';
import { CurrencyNotOffered, SkuUnknown } from './order.errors.js';
import type { OrderLine } from './order.state.js';

export type RequestedLine = Pick<OrderLine, 'lineId' | 'sku' | 'quantity'>;
/** Unit prices by sku. */
export type Prices = ReadonlyMap<string, Money>;

/** Freezes today's price in each line. The same sku twice stays two lines. */
export function priceLines(lines: readonly RequestedLine[], prices: Prices, currency: string): readonly OrderLine[] {
  const unknown = lines.map(({ sku }, index) => ({ index, sku })).filter(({ sku }) => !prices.has(sku));
  if (unknown.length > 0) throw new SkuUnknown(unknown);
  return lines.map((line) => priceLine(line, prices.get(line.sku)!, currency));
}

function priceLine(line: RequestedLine, unitPrice: Money, currency: string): OrderLine {
  if (unitPrice.currency !== currency) throw new CurrencyNotOffered(currency, line.sku);
  return { ...line, unitPrice, lineTotal: times(unitPrice, line.quantity), status: 'pending' };
}
