import { finiteValues } from './finite-values.ts';

/**
 * The quantile at `level` in [0, 1] of the finite values, by linear interpolation between order statistics: type 7 of
 * Hyndman and Fan, "Sample quantiles in statistical packages" (1996), the default of R and NumPy. NaN when there is
 * no finite value.
 *
 * (simple-statistics averages or picks order statistics without interpolation, which steps with few values.)
 *
 * @example
 * quantile([1, 2, 3, 4], 0.25) // 1.75
 */
export function quantile(values: ArrayLike<number>, level: number): number {
  return quantileSorted(finiteValues(values).sort(), level);
}

/** As `quantile`, of values that are finite and ascending; costs nothing but two look-ups. */
export function quantileSorted(sorted: ArrayLike<number>, level: number): number {
  if (sorted.length === 0) return Number.NaN;
  const position = (sorted.length - 1) * level;
  const below = Math.floor(position);
  const low = sorted[below]!;
  const high = sorted[Math.min(below + 1, sorted.length - 1)]!;
  return low + (high - low) * (position - below);
}
