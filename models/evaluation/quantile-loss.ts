import { seasonalNaiveError } from './mase.ts';
import { pinball } from './pinball.ts';

/**
 * The scaled quantile loss: twice the mean pinball loss over all levels, over the scale of MASE (fev-bench, 2025). With
 * the one level 0.5 it is MASE. NaN when nothing can be compared or the history never changes.
 *
 * @param quantiles `quantiles[l][h]` is level `levels[l]` at step h.
 */
export function scaledQuantileLoss({
  actual,
  quantiles,
  levels,
  history,
  seasonLength,
}: {
  actual: ArrayLike<number>;
  quantiles: readonly ArrayLike<number>[];
  levels: readonly number[];
  history: ArrayLike<number>;
  seasonLength: number;
}): number {
  const scale = seasonalNaiveError(history, seasonLength);
  return scale > 0 ? (2 * meanPinball(actual, quantiles, levels)) / scale : Number.NaN;
}

/** The mean over the levels of `pinball`, in the unit of the values. */
export function meanPinball(
  actual: ArrayLike<number>,
  quantiles: readonly ArrayLike<number>[],
  levels: readonly number[],
): number {
  return levels.reduce((sum, level, l) => sum + pinball(actual, quantiles[l]!, level), 0) / levels.length;
}

/**
 * The weighted quantile loss over many series: twice the sum of the pinball losses, over the sum of `|y|`, as a mean
 * over the levels. The same for the level 0.5 alone is WAPE, the sum of `|y - f|` over the sum of `|y|`. Large series
 * weigh more. Series with missing values count with what was observed; NaN when every value is 0.
 */
export function weightedQuantileLoss(
  series: readonly { actual: ArrayLike<number>; quantiles: readonly ArrayLike<number>[] }[],
  levels: readonly number[],
): number {
  let loss = 0;
  let size = 0;
  for (const { actual, quantiles } of series) {
    const observed = Array.from(actual).filter(Number.isFinite);
    if (observed.length === 0) continue;
    loss += 2 * meanPinball(actual, quantiles, levels) * observed.length;
    size += observed.reduce((sum, y) => sum + Math.abs(y), 0);
  }
  return size > 0 ? loss / size : Number.NaN;
}
