/** Stock of one product that arrived, or will arrive, together. */
export interface Batch {
  readonly ref: string;
  readonly quantity: number;
  /** `YYYY-MM-DD`; null once it is in the warehouse. */
  readonly eta: string | null;
  /** Promised to lines, shipped ones included. */
  readonly allocated: number;
  readonly shipped: number;
}

/** A part of a line, and the batch that it is promised from. */
export interface Share {
  readonly ref: string;
  readonly quantity: number;
}

export const hasArrived = (batch: Batch): boolean => batch.eta === null;

const freeIn = (batch: Batch): number => batch.quantity - batch.allocated;

export const freeStock = (batches: readonly Batch[]): number =>
  batches.reduce((units, batch) => units + freeIn(batch), 0);

/** What is in the warehouse first, then what comes soonest; the ref makes the order total. */
export function byPreference(a: Batch, b: Batch): number {
  return compare(a.eta ?? '', b.eta ?? '') || compare(a.ref, b.ref);
}

export function inPreference(batches: readonly Batch[], shares: readonly Share[]): readonly Share[] {
  const order = [...batches].sort(byPreference).map((batch) => batch.ref);
  return [...shares].sort((a, b) => order.indexOf(a.ref) - order.indexOf(b.ref));
}

/** When the last of the shares arrives; null once all of them have. */
export function promisedDate(batches: readonly Batch[], shares: readonly Share[]): string | null {
  const etas = batches
    .filter((batch) => shares.some((share) => share.ref === batch.ref))
    .map((batch) => batch.eta ?? '');
  return etas.sort(compare).at(-1) || null;
}

export const unitsFrom = (ref: string, shares: readonly Share[]): number =>
  shares.reduce((units, share) => (share.ref === ref ? units + share.quantity : units), 0);

/** Where so many units go: into one batch if one can take them whole, else split; undefined if there aren't as many. */
export function findPlace(batches: readonly Batch[], units: number): readonly Share[] | undefined {
  if (freeStock(batches) < units) return undefined;
  const preferred = [...batches].sort(byPreference);
  const whole = preferred.find((batch) => freeIn(batch) >= units);
  if (whole) return [{ ref: whole.ref, quantity: units }];
  return firstUnits(
    preferred.map((batch) => ({ ref: batch.ref, quantity: freeIn(batch) })),
    units,
  );
}

/** The first so many units of the shares. */
export function firstUnits(shares: readonly Share[], units: number): readonly Share[] {
  const [first, ...rest] = shares;
  if (!first || units === 0) return [];
  const quantity = Math.min(first.quantity, units);
  const others = firstUnits(rest, units - quantity);
  return quantity === 0 ? others : [{ ref: first.ref, quantity }, ...others];
}

/** The batches with this one in the place of that with the same ref. */
export const replaced = (batches: readonly Batch[], by: Batch): readonly Batch[] =>
  batches.map((batch) => (batch.ref === by.ref ? by : batch));

export function reserve(batches: readonly Batch[], shares: readonly Share[]): readonly Batch[] {
  return adjust(batches, shares, (batch, units) => ({ ...batch, allocated: batch.allocated + units }));
}

export function giveBack(batches: readonly Batch[], shares: readonly Share[]): readonly Batch[] {
  return adjust(batches, shares, (batch, units) => ({ ...batch, allocated: batch.allocated - units }));
}

export function takeOut(batches: readonly Batch[], shares: readonly Share[]): readonly Batch[] {
  return adjust(batches, shares, (batch, units) => ({ ...batch, shipped: batch.shipped + units }));
}

/** Batches without a share stay the same objects: only rows whose object changed are written. */
function adjust(
  batches: readonly Batch[],
  shares: readonly Share[],
  by: (batch: Batch, units: number) => Batch,
): readonly Batch[] {
  return batches.map((batch) => {
    const units = unitsFrom(batch.ref, shares);
    return units === 0 ? batch : by(batch, units);
  });
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
