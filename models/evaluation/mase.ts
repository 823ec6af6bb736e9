import { mean } from '../statistics/mean.ts';

/**
 * The mean absolute scaled error: the mean of `|y - f|` over the mean of `|x_t - x_(t-m)|` in the history (Hyndman and
 * Koehler, 2006). Below 1 it beats the one-season-ahead seasonal naive of the past. Missing values are left out.
 *
 * NaN when nothing can be compared or the history never changes (its scale is 0).
 *
 * @example
 * mase({ actual: [5, 6], forecast: [5, 5], history: [1, 2, 3, 4], seasonLength: 1 }) // 0.5
 */
export function mase({
  actual,
  forecast,
  history,
  seasonLength,
}: {
  actual: ArrayLike<number>;
  forecast: ArrayLike<number>;
  history: ArrayLike<number>;
  seasonLength: number;
}): number {
  const error = mean(Float64Array.from(actual, (y, i) => Math.abs(y - forecast[i]!)));
  const scale = seasonalNaiveError(history, seasonLength);
  return scale > 0 ? error / scale : Number.NaN;
}

/** The mean of `|x_t - x_(t-m)|`, in the unit of the values; NaN when no such pair is observed. */
export function seasonalNaiveError(history: ArrayLike<number>, seasonLength: number): number {
  const pairs = Math.max(0, history.length - seasonLength);
  return mean(Float64Array.from({ length: pairs }, (_, i) => Math.abs(history[i + seasonLength]! - history[i]!)));
}
