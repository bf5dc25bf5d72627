import { type Money, shareOf, subtract, sum } from '../../kernel/money.js';
import { LineRepeated, LineUnknown, QuantityNotOpen } from './order.errors.js';
import type { CanceledLine, OrderLine } from './order.state.js';

export interface UnitsOfLine {
  readonly lineId: string;
  readonly quantity: number;
}

export const isOpen = (line: OrderLine): boolean => line.open > 0;

/** What so many units of a line are worth. Rounded down, so that what was taken away and what is left add up exactly. */
const worthOf = ({ lineTotal, quantity }: OrderLine, units: number): Money => shareOf(lineTotal, units, quantity);

/** What is open of an order: as placed, less what was canceled. */
export function openTotalOf({ lines, total }: { readonly lines: readonly OrderLine[]; readonly total: Money }): Money {
  return sum(
    lines.map((line) => worthOf(line, line.open)),
    total.currency,
  );
}

/** The open units of every open line. */
export function openUnits(lines: readonly OrderLine[]) {
  return lines.filter(isOpen).map(({ lineId, sku, open }) => ({ lineId, sku, quantity: open }));
}

export interface UnitsTaken {
  /** The lines as they are then. */
  readonly lines: readonly OrderLine[];
  readonly taken: readonly CanceledLine[];
}

export function takeUnits(lines: readonly OrderLine[], wanted: readonly UnitsOfLine[]): UnitsTaken {
  mustBeOpen(lines, wanted);
  const quantities = new Map(wanted.map(({ lineId, quantity }) => [lineId, quantity]));
  const after = lines.map((line) => ({ ...line, open: line.open - (quantities.get(line.lineId) ?? 0) }));
  const taken = lines.flatMap((line, i) => (quantities.has(line.lineId) ? [difference(line, after[i]!)] : []));
  return { lines: after, taken };
}

function difference(before: OrderLine, after: OrderLine): CanceledLine {
  const amount = subtract(worthOf(before, before.open), worthOf(after, after.open));
  return { lineId: before.lineId, sku: before.sku, quantity: before.open - after.open, keep: after.open, amount };
}

function mustBeOpen(lines: readonly OrderLine[], wanted: readonly UnitsOfLine[]): void {
  const repeated = wanted.findIndex(({ lineId }, i) => wanted.some((other, j) => j < i && other.lineId === lineId));
  if (repeated >= 0) throw new LineRepeated(repeated, wanted[repeated]!.lineId);
  for (const [index, { lineId, quantity }] of wanted.entries()) {
    const line = lines.find((candidate) => candidate.lineId === lineId);
    if (!line) throw new LineUnknown(index, lineId);
    if (quantity > line.open) throw new QuantityNotOpen(lineId, line.open);
  }
}
