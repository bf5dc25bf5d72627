import { findPlace, giveBack, reserve, unitsFrom, type Batch, type Share } from './batch.js';
import type { Line } from './line.js';

export interface Move {
  readonly line: Line;
  /** Empty if there is no other place for the whole line. */
  readonly shares: readonly Share[];
}

/** As many of the holders, in their order, as give back what a batch has promised beyond its quantity. */
export function losersOf({ ref, allocated, quantity }: Batch, holders: readonly Line[]): readonly Line[] {
  const losers: Line[] = [];
  let excess = allocated - quantity;
  for (const line of holders) {
    if (excess <= 0) break;
    losers.push(line);
    excess -= unitsFrom(ref, line.shares);
  }
  return losers;
}

/** Takes back all that the losers have, then lets them choose anew: who loses last chooses first. */
export function reallocate(
  batches: readonly Batch[],
  losers: readonly Line[],
): { readonly batches: readonly Batch[]; readonly moves: readonly Move[] } {
  const shared = losers.flatMap((line) => line.shares);
  let left = giveBack(batches, shared);
  const moves = losers.toReversed().map((line): Move => {
    const shares = findPlace(left, line.quantity) ?? [];
    left = reserve(left, shares);
    return { line, shares };
  });
  return { batches: left, moves: moves.filter(({ line, shares }) => !sameShares(line.shares, shares)) };
}

function sameShares(a: readonly Share[], b: readonly Share[]): boolean {
  const isIn = (share: Share) => b.some((other) => other.ref === share.ref && other.quantity === share.quantity);
  return a.length === b.length && a.every(isIn);
}
