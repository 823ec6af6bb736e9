/**
 * The arithmetic mean of the finite values; NaN when there is none.
 *
 * @example
 * mean([1, 2, Number.NaN, 6]) // 3
 */
export function mean(values: ArrayLike<number>): number {
  let sum = 0;
  let count = 0;
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (!Number.isFinite(value)) continue;
    sum += value;
    count++;
  }
  return count > 0 ? sum / count : Number.NaN;
}
