/**
 * The symmetric mean absolute percentage error in percent, 0 to 200: the mean of `200 |y - f| / (|y| + |f|)`, as the M4
 * competition defines it (Makridakis et al., 2020). Pairs with a missing value are left out; a pair of two zeros is
 * without error. NaN when no pair is left.
 *
 * @example
 * smape([100, 0], [50, 0]) // 33.333: 200 * 50 / 150, and 0
 */
export function smape(actual: ArrayLike<number>, forecast: ArrayLike<number>): number {
  let sum = 0;
  let count = 0;
  for (let i = 0; i < actual.length; i++) {
    const y = actual[i]!;
    const f = forecast[i]!;
    if (!Number.isFinite(y) || !Number.isFinite(f)) continue;
    const size = Math.abs(y) + Math.abs(f);
    sum += size === 0 ? 0 : (200 * Math.abs(y - f)) / size;
    count++;
  }
  return count > 0 ? sum / count : Number.NaN;
}
