import { mean } from '../statistics/mean.ts';

/**
 * The mean pinball (quantile) loss of a forecast of the quantile `level`, in the unit of the values:
 * `level * (y - q)` where the value lies above the forecast, `(1 - level) * (q - y)` where it lies below (Koenker and
 * Bassett, 1978). Its expectation is least at the true quantile. Missing values are left out.
 *
 * @example
 * pinball([10, 10], [8, 12], 0.9) // 1: (0.9 * 2 + 0.1 * 2) / 2
 */
export function pinball(actual: ArrayLike<number>, quantile: ArrayLike<number>, level: number): number {
  return mean(
    Float64Array.from(actual, (y, i) => {
      const above = y - quantile[i]!;
      return above >= 0 ? level * above : (level - 1) * above;
    }),
  );
}
