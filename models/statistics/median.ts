import { quantile } from './quantile.ts';

/**
 * The median of the finite values; NaN when there is none.
 *
 * @example
 * median([5, 1, Number.NaN, 3]) // 3
 */
export function median(values: ArrayLike<number>): number {
  return quantile(values, 0.5);
}
