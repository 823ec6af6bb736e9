import { mean as exactMean } from 'simple-statistics';
import { finiteValues } from './finite-values.ts';

/**
 * The arithmetic mean of the finite values, with a sum that loses no digits (Kahan and Babuska); NaN when there is none.
 *
 * @example
 * mean([1, 2, Number.NaN, 6]) // 3
 */
export function mean(values: ArrayLike<number>): number {
  const finite = finiteValues(values);
  return finite.length > 0 ? exactMean(Array.from(finite)) : Number.NaN;
}
