import { mean } from '../statistics/mean.ts';
import { seasonalNaiveError } from './mase.ts';

/**
 * The mean scaled interval score of an interval that should hold `1 - alpha` of the values, as the M4 competition
 * defines it (Gneiting and Raftery, 2007; Makridakis et al., 2020): the mean of the width and of 2/alpha times the
 * distance by which a value lies outside, over the scale of MASE. Smaller is better. Missing values are left out.
 *
 * NaN when nothing can be compared or the history never changes.
 *
 * @example
 * msis({ actual: [5, 9], lower: [4, 4], upper: [6, 6], history: [1, 2, 3, 4], seasonLength: 1, alpha: 0.05 })
 * // 62: (2 + 2 + 40 * 3) / 2
 */
export function msis({
  actual,
  lower,
  upper,
  history,
  seasonLength,
  alpha,
}: {
  actual: ArrayLike<number>;
  lower: ArrayLike<number>;
  upper: ArrayLike<number>;
  history: ArrayLike<number>;
  seasonLength: number;
  alpha: number;
}): number {
  const score = mean(
    Float64Array.from(actual, (y, i) => {
      const l = lower[i]!;
      const u = upper[i]!;
      const outside = Math.max(0, l - y) + Math.max(0, y - u);
      return Number.isFinite(y) ? u - l + (2 / alpha) * outside : Number.NaN;
    }),
  );
  const scale = seasonalNaiveError(history, seasonLength);
  return scale > 0 ? score / scale : Number.NaN;
}
