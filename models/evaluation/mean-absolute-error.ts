/** The mean of `|y - f|` over the steps that were observed; NaN when none was. */
export function meanAbsoluteError(actual: ArrayLike<number>, forecast: ArrayLike<number>): number {
  let sum = 0;
  let count = 0;
  for (let i = 0; i < actual.length; i++) {
    const error = Math.abs(actual[i]! - forecast[i]!);
    if (!Number.isFinite(error)) continue;
    sum += error;
    count++;
  }
  return count > 0 ? sum / count : Number.NaN;
}
