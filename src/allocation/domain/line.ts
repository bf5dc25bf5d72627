import type { LineState } from '../contract/queries.js';
import type { Share } from './batch.js';

/** Whether the line belongs to an order placed here, or to a team with orders of its own. */
export type Origin = 'order' | 'team';

export interface LineKey {
  readonly orderId: string;
  readonly lineId: string;
}

export interface WantedLine extends LineKey {
  readonly sku: string;
  readonly quantity: number;
  /** Whose order it belongs to; unknown of a team's. */
  readonly customerId?: string;
}

/** A claim on a product's stock. */
export interface Line extends LineKey {
  readonly origin: Origin;
  readonly customerId: string | null;
  /** What was asked for; null while only its reduction has been heard of. */
  readonly requested: number | null;
  /** What the line may still have: `requested` less what was given up. */
  readonly quantity: number;
  readonly state: LineState;
  readonly shares: readonly Share[];
}

export const isLine =
  (key: LineKey) =>
  (line: LineKey): boolean =>
    line.orderId === key.orderId && line.lineId === key.lineId;

/** The lines with this one in the place of what it was, if it was there. */
export const withLine = (lines: readonly Line[], line: Line): readonly Line[] => [
  ...lines.filter((other) => !isLine(line)(other)),
  line,
];

/** Remembers a reduction that overtook its line, so that the line can't get more when it comes. */
export function reducedInAdvance({ orderId, lineId }: LineKey, keep: number, origin: Origin): Line {
  return { orderId, lineId, origin, customerId: null, requested: null, quantity: keep, state: 'released', shares: [] };
}
