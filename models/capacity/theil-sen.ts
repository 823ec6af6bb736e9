import { median } from '../statistics/median.ts';

/**
 * The slope of a line through points one step apart, in units a step: the median of the slopes between all pairs that
 * lie half of the series apart at least (Theil, 1950; Sen, 1968; near pairs say little of a trend and cost most of the
 * time). Up to a quarter of the points may be anything. Missing values are left out; 0 when fewer than two are left.
 *
 * @example
 * theilSenSlope([0, 2, 4, 100, 8, 10]) // 2
 */
export function theilSenSlope(values: ArrayLike<number>): number {
  const least = Math.max(1, Math.floor(values.length / 2));
  const slopes: number[] = [];
  for (let i = 0; i + least < values.length; i++) {
    if (!Number.isFinite(values[i]!)) continue;
    for (let j = i + least; j < values.length; j++) {
      if (Number.isFinite(values[j]!)) slopes.push((values[j]! - values[i]!) / (j - i));
    }
  }
  return slopes.length === 0 ? 0 : median(slopes);
}
