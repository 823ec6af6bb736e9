import { mean } from '../statistics/mean.ts';

/**
 * The share of values that lie in `[lower, upper]`, 0 to 1; missing values are left out, NaN when none is left. Of a
 * band between the levels 0.1 and 0.9 it should be near 0.8.
 *
 * @example
 * coverage([1, 2, 9], [0, 0, 0], [5, 5, 5]) // 0.667
 */
export function coverage(actual: ArrayLike<number>, lower: ArrayLike<number>, upper: ArrayLike<number>): number {
  return mean(
    Float64Array.from(actual, (y, i) => {
      if (!Number.isFinite(y)) return Number.NaN;
      return y >= lower[i]! && y <= upper[i]! ? 1 : 0;
    }),
  );
}
