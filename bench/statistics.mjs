/** @param {readonly number[]} values */
export function median(values) {
  return percentile(values, 0.5);
}

/**
 * By linear interpolation between the two nearest ranks.
 *
 * @param {readonly number[]} values
 * @param {number} share between 0 and 1
 */
export function percentile(values, share) {
  const sorted = values.toSorted((a, b) => a - b);
  const rank = (sorted.length - 1) * share;
  const [below, above] = [sorted[Math.floor(rank)], sorted[Math.ceil(rank)]];
  return below + (above - below) * (rank - Math.floor(rank));
}
