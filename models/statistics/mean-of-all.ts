import { mean as exactMean } from 'simple-statistics';

/**
 * The arithmetic mean of every value, so that one NaN among them shows; `mean` leaves it out. NaN for no values.
 *
 * @example
 * meanOfAll([1, 2, 6]) // 3
 */
export function meanOfAll(values: ArrayLike<number>): number {
  return values.length > 0 ? exactMean(Array.from(values)) : Number.NaN;
}
