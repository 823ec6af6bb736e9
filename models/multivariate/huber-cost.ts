/** Beyond so many units a difference costs no more: one wild dimension must not hide what the others say. */
const farthest = 10;

/**
 * The cost of a difference, Huber's: its square up to one unit, then linear, then constant.
 *
 * Source: Huber, "Robust estimation of a location parameter" (1964).
 */
export function huberCost(difference: number): number {
  const size = difference < 0 ? -difference : difference;
  if (size < 1) return size * size;
  return 2 * Math.min(size, farthest) - 1;
}
