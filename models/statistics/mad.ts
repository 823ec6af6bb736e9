import { median } from './median.ts';

/** What makes the median absolute deviation estimate the standard deviation of normal data: 1 / Phi^-1(3/4). */
export const madToSigma = 1.482602218505602;

/**
 * The median absolute deviation from the median, of the finite values; NaN when there is none. Half of the values may
 * be wild before it breaks. Times `madToSigma` it estimates the standard deviation of normal data.
 *
 * @example
 * mad([1, 1, 2, 2, 4, 6, 9]) // 1
 */
export function mad(values: ArrayLike<number>): number {
  const centre = median(values);
  return median(Float64Array.from(values, (value) => Math.abs(value - centre)));
}
